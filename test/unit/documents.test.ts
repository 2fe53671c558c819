/** What the documents name, against what there is: settings, paths, headings, metrics, log events, routes, commands. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { SETTINGS } from '../../src/config.ts';
import { ERROR_CODES } from '../../src/errors.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/operator.md'];
/** Names in capitals that are no settings of ours. */
const OTHER_NAMES = ['TRUNKLINE_ISA', 'POSTGRES_PASSWORD', 'CAP_NET_BIND_SERVICE'];
/** Paths that the reader makes, or an install. */
const MADE_PATHS = ['flows/coffee.yaml', 'flows/intake.yaml', 'deploy/.env', 'web/dist'];
/** What looks like an event of the log: a field, a table, and files. */
const NO_EVENT = /^(?:pii\.from|speech\.down|trunkline\.calls|.*\.(?:db(?:-\w+)?|json|key|yaml))$/;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const source = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');

/** The first group of each match, once. */
function named(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))];
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): readonly string[] {
  return named(markdown.replaceAll(/^```.*?^```/gms, ''), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function commandOf(words: readonly string[], program: Command): boolean {
  const [word, ...rest] = words;
  const command = program.commands.find((each) => each.name() === word);
  if (command === undefined) return false;
  return command.commands.length === 0 || rest.length === 0 || commandOf(rest, command);
}

describe.each(DOCUMENTS)('%s', (path) => {
  const text = read(path);

  it('names settings and error codes that there are', () => {
    const known = [...Object.keys(SETTINGS), ...Object.keys(ERROR_CODES), ...OTHER_NAMES];
    const names = [...named(text, /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/g), ...named(text, /\b([A-Z]{2,})=/g)];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names paths and headings that there are', () => {
    const paths = named(
      text,
      /`((?:src|test|deploy|docs|flows|bench|native|web|training)\/[\w./-]*|[A-Z]+\.md)`/g,
    );
    const missing = paths.filter((each) => !MADE_PATHS.includes(each) && !existsSync(join(ROOT, each)));
    const links = named(text, /\]\((?!https?:)([^)\s]+)\)/g).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect([...missing, ...links]).toEqual([]);
  });

  it('names metrics, events of the log and routes that there are', () => {
    const metrics = named(text, /\b(trunkline_\w+?)(?:_bucket)?\b/g).filter(
      (name) => !source.includes(`name: '${name}'`),
    );
    const events = named(text, /`([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*)`/g).filter(
      (name) => !NO_EVENT.test(name) && !source.includes(`event: '${name}'`),
    );
    const routes = named(
      text,
      /`(?:GET |POST )?(\/(?:voice|ws|api|healthz|readyz|metrics|board|assets)\b[\w/-]*)/g,
    ).filter((route) => !source.includes(route));
    expect([...metrics, ...events, ...routes]).toEqual([]);
  });

  it('names commands that there are', () => {
    const commands = named(text, /\btrunkline ((?:calls|number|flow|prompts) [a-z-]+)/g).concat(
      named(text, /npx trunkline ([a-z]+(?:-[a-z]+)*)/g),
    );
    const program = createProgram();
    expect(commands.filter((words) => !commandOf(words.split(' '), program))).toEqual([]);
  });
});

it('the guide and the security page are found from the README', () => {
  const links = named(read('README.md'), /\]\(([^)\s#]+)\)/g);
  expect(links).toEqual(expect.arrayContaining(['docs/operator.md', 'SECURITY.md']));
});
