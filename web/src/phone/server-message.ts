/** What the server sends as text on `/ws/voice`. A message of a kind that this page does not know is none of its business. */
export interface Answer {
  readonly node: string;
  readonly value: string;
}

export type Note =
  | { readonly kind: 'question'; readonly node: string; readonly text: string }
  | { readonly kind: 'heard'; readonly text: string }
  | ({ readonly kind: 'answer' } & Answer)
  | { readonly kind: 'no-input' | 'no-match' | 'interrupted' | 'vendor' };

export type ServerMessage =
  | { readonly event: 'started'; readonly callSid: string }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'clear' }
  | { readonly event: 'note'; readonly note: Note }
  | {
      readonly event: 'ended';
      readonly reason: string;
      readonly outcome: string | null;
      readonly answers: readonly Answer[];
    };

type Fields = Readonly<Record<string, unknown>>;

/** Null for what it does not know or cannot read. */
export function readServerMessage(text: string): ServerMessage | null {
  const fields = parseObject(text);
  if (fields === null) return null;
  switch (fields['event']) {
    case 'started':
      return { event: 'started', callSid: textOf(fields['callSid']) };
    case 'mark':
      return { event: 'mark', name: textOf(fields['name']) };
    case 'clear':
      return { event: 'clear' };
    case 'note': {
      const note = readNote(fields);
      return note === null ? null : { event: 'note', note };
    }
    case 'ended':
      return {
        event: 'ended',
        reason: textOf(fields['reason']),
        outcome: typeof fields['outcome'] === 'string' ? fields['outcome'] : null,
        answers: readAnswers(fields['answers']),
      };
    default:
      return null;
  }
}

function readNote(fields: Fields): Note | null {
  const { kind } = fields;
  switch (kind) {
    case 'question':
      return { kind, node: textOf(fields['node']), text: textOf(fields['text']) };
    case 'heard':
      return { kind, text: textOf(fields['text']) };
    case 'answer':
      return { kind, node: textOf(fields['node']), value: textOf(fields['value']) };
    case 'no-input':
    case 'no-match':
    case 'interrupted':
    case 'vendor':
      return { kind };
    default:
      return null;
  }
}

function readAnswers(value: unknown): readonly Answer[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((answer): answer is Fields => typeof answer === 'object' && answer !== null)
    .map((answer) => ({ node: textOf(answer['node']), value: textOf(answer['value']) }));
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : null;
  } catch {
    return null;
  }
}

/** Answers may come as numbers or truths; they are shown as they are. */
function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
