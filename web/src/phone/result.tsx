import { answerText } from '../shared/answer-text.ts';
import { endingOf } from './ending.ts';
import type { Phase } from './phone-state.ts';
import type { Answer } from './server-message.ts';

interface ResultProps {
  readonly over: Extract<Phase, { name: 'over' }>;
  readonly answers: readonly Answer[];
}

export function Result({ over, answers }: ResultProps) {
  const { title, advice } = endingOf(over.reason);
  return (
    <section class="result" aria-label="Result of the call">
      <h2>{title}</h2>
      {advice !== '' && <p>{advice}</p>}
      <dl class="facts">
        {over.outcome !== null && (
          <div>
            <dt>Outcome</dt>
            <dd class="outcome">{answerText(over.outcome)}</dd>
          </div>
        )}
        <div>
          <dt>Duration</dt>
          <dd>{Math.round(over.durationMs / 1000)} s</dd>
        </div>
      </dl>
      <Answers answers={answers} />
    </section>
  );
}

export function Answers({ answers }: { readonly answers: readonly Answer[] }) {
  if (answers.length === 0) return null;
  return (
    <section class="answers" aria-label="Answers">
      <h3>Answers</h3>
      <dl>
        {answers.map(({ node, value }) => (
          <div key={node}>
            <dt>{answerText(node)}</dt>
            <dd>{answerText(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
