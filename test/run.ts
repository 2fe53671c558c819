/**
 * `npm test`: every check of the project, one after the other, closing with `N passed, N failed`. A step that is no
 * test runner counts as one test. Steps that failed are listed again at the end with the command that repeats them.
 *
 * The tests over real sockets and processes wait for real time, and share the machine with whatever else runs there:
 * files of theirs that failed are run once more, and a test that passes only then is named. It is a defect all the same.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Vitest writes its counts to this file. */
  readonly report?: string;
  /** Its files that failed, if they are few, are run once more. */
  readonly waitsForRealTime?: boolean;
  /** It closes with `N passed, N failed, N skipped` itself. */
  readonly closesWithCounts?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

const folder = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const vitest = (name: string, ...projects: string[]): Step => {
  const report = join(folder, `${name}.json`);
  const selected = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  return { name, command: ['vitest', 'run', ...selected, ...reporters], report };
};

/** More than these: something is broken, and running it again would only take longer to say so. */
const FILES_AGAIN_MAX = 4;

const demo = (...options: string[]): Step => ({
  name: `demo ${options.join(' ')}`.trim(),
  command: ['node', '--disable-warning=ExperimentalWarning', 'src/cli/trunkline.ts', 'demo', ...options],
});

/** C++ tests, sanitizers, ARM in an emulator, fuzzers: half a minute each in CI, a few seconds for who waits. */
const native: Step = {
  name: 'native',
  command: ['bash', 'native/check.sh'],
  closesWithCounts: true,
  environment: { FUZZ_SECONDS: process.env['CI'] === undefined ? '5' : '30' },
};

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the pages', command: ['tsc', '--noEmit', '-p', 'web'] },
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'unused', command: ['knip'] },
  native,
  vitest('unit', 'unit', 'native'),
  { ...vitest('integration', 'conformance', 'integration', 'lifecycle'), waitsForRealTime: true },
  { ...vitest('browser', 'browser'), waitsForRealTime: true },
  demo(),
  demo('--all'),
];

interface Ended {
  readonly code: number;
  /** The last line that it printed; empty for steps that are not read. */
  readonly lastLine: string;
}

function run(step: Step): Promise<Ended> {
  const [program, ...options] = step.command;
  const isRead = step.closesWithCounts === true;
  return new Promise((resolve) => {
    let lastLine = '';
    const child = spawn(program!, options, {
      stdio: ['ignore', isRead ? 'pipe' : 'inherit', 'inherit'],
      env: { ...process.env, ...step.environment },
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      lastLine = chunk.toString().trimEnd().split('\n').at(-1) ?? lastLine;
    });
    child.on('error', () => resolve({ code: 127, lastLine }));
    child.on('close', (code) => resolve({ code: code ?? 1, lastLine }));
  });
}

function counts(step: Step, { code, lastLine }: Ended): Tally {
  const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(lastLine);
  if (step.closesWithCounts === true && closing !== null) {
    const [passed = 0, failed = 0, skipped = 0] = closing.slice(1).map((count) => Number(count ?? 0));
    if ((code === 0) === (failed === 0)) return { passed, failed, skipped };
  }
  if (step.report !== undefined) {
    try {
      const report = JSON.parse(readFileSync(step.report, 'utf8'));
      const tally = {
        passed: report.numPassedTests,
        failed:
          report.numFailedTests + (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0),
        skipped: report.numPendingTests,
      };
      if (code === 0 || tally.failed > 0) return tally;
    } catch {
      // No report: the runner itself broke, which is one failure below.
    }
  }
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

interface Failure {
  readonly file: string;
  readonly test: string;
}

function failures(step: Step): readonly Failure[] {
  // The runner itself broke, and named none.
  if (!existsSync(step.report!)) return [];
  const { testResults } = JSON.parse(readFileSync(step.report!, 'utf8')) as {
    testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  return testResults.flatMap(({ name: file, status, assertionResults }) => {
    const tests = assertionResults.filter((result) => result.status === 'failed');
    if (tests.length > 0) return tests.map(({ fullName }) => ({ file, test: fullName }));
    return status === 'failed' ? [{ file, test: 'the file itself' }] : [];
  });
}

/** The counts with what passes when its file is run once more, or as they were. */
async function again(step: Step, first: Tally): Promise<Tally> {
  const failed = failures(step);
  const files = new Set(failed.map(({ file }) => relative(process.cwd(), file)));
  if (failed.length === 0 || files.size > FILES_AGAIN_MAX) return first;
  console.log(`\n== ${step.name}: once more ${[...files].join(' ')}`);
  const second = { ...step, command: [...step.command, ...files] };
  const { failed: stillFailed } = counts(second, await run(second));
  if (stillFailed > 0) return first;
  for (const { file, test } of failed) {
    unsteady.push(`passed only when run again: ${relative(process.cwd(), file)} > ${test}`);
  }
  return { ...first, passed: first.passed + first.failed, failed: 0 };
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const broken: Step[] = [];
const unsteady: string[] = [];
for (const step of steps) {
  console.log(`\n== ${step.name}`);
  const startedAtMs = performance.now();
  const first = counts(step, await run(step));
  const tally = first.failed > 0 && step.waitsForRealTime === true ? await again(step, first) : first;
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  if (tally.failed > 0) broken.push(step);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`== ${step.name}: ${tally.passed} passed, ${tally.failed} failed, ${seconds} s`);
}
for (const line of unsteady) console.log(line);
for (const step of broken) console.log(`failed: ${step.name}; repeat with: npx ${step.command.join(' ')}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
