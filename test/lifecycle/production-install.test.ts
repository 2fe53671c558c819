import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** As an image has it: Node 22 of its own, and nothing of ours but what production needs. */
it('starts from an install without development and optional packages, on the Node of the machine', {
  timeout: 300_000,
}, async () => {
  const folder = temporaryFolder();
  const app = join(folder, 'app');
  const files = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).stdout.split('\0');
  for (const file of files.filter((name) => name !== '' && !name.startsWith('test/'))) {
    cpSync(join(ROOT, file), join(app, file));
  }
  // The machine's Node: this one, under a prefix with its headers, outside of the project.
  const prefix = join(folder, 'node');
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  cpSync(process.execPath, join(prefix, 'bin', 'node'));
  symlinkSync(join(dirname(process.execPath), '..', 'include'), join(prefix, 'include'));
  const path = `${join(prefix, 'bin')}:${(process.env['PATH'] ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':')}`;
  const environment = { PATH: path, HOME: process.env['HOME'] ?? '' };

  const install = spawnSync('npm', ['ci', '--omit=dev', '--omit=optional', '--prefer-offline'], {
    cwd: app,
    env: environment,
    encoding: 'utf8',
  });
  expect(install.status, install.stderr).toBe(0);
  const server = spawn('node', ['--disable-warning=ExperimentalWarning', 'src/cli/trunkline.ts', 'start'], {
    cwd: app,
    env: { ...environment, PORT: '0' },
  });
  const printed = await new Promise<string>((resolve) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk;
      if (text.includes('Ready for calls')) resolve(text);
    };
    server.stdout.on('data', take);
    server.stderr.on('data', take);
    server.on('exit', () => resolve(text));
  });
  expect(printed).toContain('Ready for calls');
  const exited = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGTERM');
  expect(await exited).toBe(0);
});
