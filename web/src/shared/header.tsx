import { rootUrl } from './root-url.ts';

const PAGES = [
  { id: 'phone', name: 'Phone', path: './' },
  { id: 'board', name: 'Board', path: 'board' },
  { id: 'flow', name: 'Flow', path: 'board/flow' },
] as const;

export function Header({ here }: { readonly here: (typeof PAGES)[number]['id'] }) {
  return (
    <header class="top">
      <span class="name">Trunkline</span>
      <nav aria-label="Pages">
        {PAGES.map(({ id, name, path }) => (
          <a key={id} href={new URL(path, rootUrl()).href} aria-current={id === here ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
    </header>
  );
}
