/** One thing that is wrong, or doubtful, in a flow file, and where. */
export interface FlowProblem {
  /** 1-based. */
  readonly line: number;
  /** Place in the document, as `nodes.age.next.0.when`; empty for the file as a whole. */
  readonly path: string;
  /** What was expected and what was found. One line. */
  readonly message: string;
}

/** `file:line: path: message`, as editors and terminals turn into a link. */
export function formatProblem(fileName: string, problem: FlowProblem): string {
  const place = problem.path === '' ? '' : `${problem.path}: `;
  return `${fileName}:${problem.line}: ${place}${problem.message}`;
}
