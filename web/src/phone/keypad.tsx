import { useEffect, useState } from 'preact/hooks';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const LETTERS: Readonly<Record<string, string>> = {
  2: 'abc',
  3: 'def',
  4: 'ghi',
  5: 'jkl',
  6: 'mno',
  7: 'pqrs',
  8: 'tuv',
  9: 'wxyz',
};
const NAMES: Readonly<Record<string, string>> = { '*': 'star', '#': 'pound' };
const FLASH_MS = 160;

/** Twelve buttons, and the same keys of the keyboard wherever the focus is. */
export function Keypad({ onPress }: { readonly onPress: (digit: string) => void }) {
  const [flashed, setFlashed] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pressed = (event: KeyboardEvent) => {
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
      if (!isPlain || !KEYS.includes(event.key)) return;
      event.preventDefault();
      setFlashed(event.key);
      clearTimeout(timer);
      timer = setTimeout(() => setFlashed(''), FLASH_MS);
      onPress(event.key);
    };
    document.addEventListener('keydown', pressed);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', pressed);
    };
  }, [onPress]);
  return (
    <fieldset class="keypad">
      <legend class="hidden">Keypad; the keys of the keyboard work as well</legend>
      {KEYS.map((key) => (
        <button
          type="button"
          key={key}
          class={flashed === key ? 'key flashed' : 'key'}
          aria-label={NAMES[key] ?? key}
          onClick={() => onPress(key)}
        >
          <span aria-hidden="true">{key}</span>
          <small aria-hidden="true">{LETTERS[key] ?? ''}</small>
        </button>
      ))}
    </fieldset>
  );
}
