import { useEffect, useRef } from 'preact/hooks';
import type { Line } from './phone-state.ts';

const NAMES = { bot: 'Bot', caller: 'You', line: '' } as const;

/**
 * No live region: a screen reader would read aloud what the bot is saying at that moment, and the microphone would hear it.
 * It is a region that can be gone to and read.
 */
export function Transcript({ lines }: { readonly lines: readonly Line[] }) {
  const end = useRef<HTMLLIElement>(null);
  // A new line is what it scrolls for.
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [lines.length]);
  if (lines.length === 0) return null;
  return (
    <section class="transcript" aria-label="Transcript">
      <ol>
        {lines.map(({ id, who, text, isInterrupted }) => (
          <li key={id} class={`entry ${who}`}>
            {NAMES[who] !== '' && <span class="who">{NAMES[who]}</span>}
            <span class={isInterrupted ? 'said interrupted' : 'said'}>{text}</span>
            {isInterrupted && <span class="unheard">you spoke</span>}
          </li>
        ))}
        <li ref={end} aria-hidden="true" />
      </ol>
    </section>
  );
}
