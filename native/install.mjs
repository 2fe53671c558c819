// biome-ignore-all lint/style/noProcessEnv: npm tells install scripts everything through the environment
// biome-ignore-all lint/suspicious/noConsole: npm shows what install scripts print
/**
 * Builds the native addon at `npm install`, with the headers beside the Node that runs this file, and links the
 * command `trunkline` into node_modules/.bin. Plain JavaScript: it runs before anything is installed or checked, on
 * whatever Node npm has. It asks the network for nothing where headers are at hand.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const addonPath = join(root, 'build', 'Release', 'trunkline.node');
// The load tool's callers want epoll, so they are built on Linux alone.
const enginePath = process.platform === 'linux' ? join(root, 'build', 'Release', 'trunkline-callers') : null;
const stampPath = join(root, 'build', 'trunkline-build.txt');
const isWindows = process.platform === 'win32';

const COMMAND_TARGET = '../../src/cli/trunkline.ts';

const failure = isBuilt() ? null : build();
if (failure !== null) {
  console.error(failure);
  process.exitCode = 1;
} else {
  linkCommand();
}

/** What a build depends on: platform, Node's ABI, every source, the addon headers' version. */
function buildKey() {
  const hash = createHash('sha256');
  for (const path of sources(join(root, 'native')).concat(join(root, 'binding.gyp')).sort()) {
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  const napiPackage = join(root, 'node_modules', 'node-addon-api', 'package.json');
  const napiVersion = existsSync(napiPackage)
    ? JSON.parse(readFileSync(napiPackage, 'utf8')).version
    : 'none';
  const about = [process.platform, process.arch, `abi ${process.versions.modules}`, `napi ${napiVersion}`];
  return `${about.join(' ')} ${hash.digest('hex')}\n`;
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(cc|h)$/.test(entry.name) ? [path] : [];
  });
}

function isBuilt() {
  const outputs = [addonPath, stampPath, ...(enginePath === null ? [] : [enginePath])];
  return outputs.every((path) => existsSync(path)) && readFileSync(stampPath, 'utf8') === buildKey();
}

/** Null, or what went wrong and what to do. */
function build() {
  const tried = [];
  const missing = missingTools(tried);
  if (missing.length > 0) return complain(`it needs ${missing.join(', ')}`, tried);

  const nodeGyp = findNodeGyp(tried);
  if (nodeGyp === null) return complain("npm's node-gyp was not found", tried);

  const env = { ...process.env };
  const headers = findHeaders(tried);
  if (headers !== null) {
    // The environment is stronger than an npmrc; npm itself has put the npmrc's value there, in any case of letters.
    for (const name of Object.keys(env)) {
      if (/^npm_(package_)?config_(node_gyp_)?nodedir$/i.test(name)) delete env[name];
    }
    env.npm_config_nodedir = headers;
  }
  const args = [nodeGyp, 'rebuild', '--release', '--jobs', 'max'];
  tried.push(`${process.execPath} ${args.join(' ')}`);
  const result = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
  if (result.error !== undefined || result.status !== 0) {
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`;
    return complain('the compiler failed', tried, output.split('\n').slice(-60).join('\n'));
  }
  try {
    createRequire(import.meta.url)(addonPath).activeIsa();
  } catch (error) {
    return complain('it was built but does not load', tried, String(error));
  }
  writeFileSync(stampPath, buildKey());
  return null;
}

function runs(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** On Windows node-gyp looks for Visual Studio itself. */
function missingTools(tried) {
  if (isWindows) return [];
  const wanted = [
    ['python3', [process.env.npm_config_python, process.env.PYTHON, 'python3', 'python']],
    ['make', [process.env.MAKE, 'make', 'gmake']],
    ['g++', [process.env.CXX?.split(' ')[0], 'g++', 'c++', 'clang++']],
  ];
  return wanted.flatMap(([name, commands]) => {
    const candidates = commands.filter((command) => command !== undefined && command !== '');
    if (candidates.some(runs)) return [];
    tried.push(`${candidates.join(', ')} on PATH`);
    return [name];
  });
}

/**
 * npm names its own node-gyp to scripts; else it is in npm's folder, which stands beside some node, or on PATH.
 */
function findNodeGyp(tried) {
  const inNpm = join('node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const candidates = [process.env.npm_config_node_gyp];
  if (process.env.npm_execpath !== undefined) {
    candidates.push(join(dirname(dirname(process.env.npm_execpath)), inNpm));
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const npm = join(folder, isWindows ? 'npm.cmd' : 'npm');
    if (folder !== '' && existsSync(npm)) {
      candidates.push(
        join(dirname(dirname(realpathSync(npm))), inNpm),
        join(folder, 'node_modules', 'npm', inNpm),
      );
    }
    const nodeGyp = join(folder, 'node-gyp');
    if (folder !== '' && existsSync(nodeGyp)) candidates.push(realpathSync(nodeGyp));
  }
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === '') continue;
    if (existsSync(candidate)) return candidate;
    tried.push(candidate);
  }
  return null;
}

/** The prefix whose include/node belongs to the running Node; null leaves node-gyp to its own ways. */
function findHeaders(tried) {
  const prefixes = [
    dirname(dirname(realpathSync(process.execPath))),
    join(root, 'node_modules', `node-${process.platform}-${process.arch}`),
    join(root, 'node_modules', `node-bin-${process.platform}-${process.arch}`),
  ];
  for (const prefix of prefixes) {
    const versionHeader = join(prefix, 'include', 'node', 'node_version.h');
    tried.push(`headers in ${join(prefix, 'include', 'node')}`);
    if (!existsSync(versionHeader) || !existsSync(join(prefix, 'include', 'node', 'common.gypi'))) continue;
    const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(versionHeader, 'utf8'))?.[1];
    if (major === process.versions.node.split('.')[0]) return prefix;
  }
  return null;
}

function complain(reason, tried, output = '') {
  return [
    output,
    `Trunkline's native addon could not be built: ${reason}.`,
    `  Node ${process.version} on ${process.platform} ${process.arch}. Tried:`,
    ...tried.map((line) => `    ${line}`),
    '  On Debian or Ubuntu: apt-get install --yes python3 make g++   (g++ 10 or later, for C++20)',
    '  On macOS: xcode-select --install.   Then run npm install again.',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** npm links the commands of dependencies, not of the package itself: `npx trunkline` works from a clone by this. */
function linkCommand() {
  const bin = join(root, 'node_modules', '.bin');
  if (isWindows || !existsSync(bin)) return;
  const link = join(bin, 'trunkline');
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(COMMAND_TARGET, link);
}
