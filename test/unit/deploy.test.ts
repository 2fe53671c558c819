/** The files in `deploy/` against what the server knows: they cannot be run here, but they can be read. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { parseConfig, SETTINGS } from '../../src/config.ts';
import { startRig } from '../support/server-rig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** For the store to write what waits, and for carriers that are told where to ask (`cli/serve.ts`, `server/drain.ts`). */
const AFTER_DRAIN_SECONDS = 15;
/** What an operator gives; everything else stands in the files. */
const GIVEN: Readonly<Record<string, string>> = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: '0'.repeat(32),
  TWILIO_DOMAIN: 'bot.example.com',
  SESSION_SECRET: '0'.repeat(64),
  POSTGRES_PASSWORD: 'secret',
  DATABASE_URL: 'postgres://trunkline:secret@db.example/trunkline',
};

const text = (path: string): string => readFileSync(`${ROOT}deploy/${path}`, 'utf8');
const seconds = (value: string): number => Number(/^(\d+)s$/.exec(value)?.[1]);
const given = (value: string): string =>
  value.replace(/\$\{(\w+):\?\}/g, (_, name: string) => GIVEN[name] ?? `no ${name}`);

/** The settings are known by name, and good together: nothing is refused, nothing to be warned of. */
function configOf(environment: Readonly<Record<string, string>>) {
  for (const name of Object.keys(environment)) expect(Object.keys(SETTINGS)).toContain(name);
  const config = parseConfig(environment);
  expect(config.warnings).toEqual([]);
  return config;
}

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly stop_grace_period: string;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly build: { readonly context: string; readonly dockerfile: string };
}

describe('the compose file', () => {
  const compose = parse(text('compose.yaml'), { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: object;
  };
  const nodes = Object.entries(compose.services).filter(([name]) => name.startsWith('node-'));

  it('has two nodes that share database and secret, and give their calls time to end', () => {
    expect(nodes).toHaveLength(2);
    for (const [, { environment, stop_grace_period: grace }] of nodes) {
      const settings = Object.entries(environment).map(([name, value]) => [name, given(value)]);
      const config = configOf(Object.fromEntries(settings));
      expect(config.DATABASE_URL).toBe('postgres://trunkline:secret@postgres/trunkline');
      expect(config.SESSION_SECRET).toBe(GIVEN['SESSION_SECRET']);
      expect(seconds(grace)).toBeGreaterThanOrEqual(config.DRAIN_SECONDS + AFTER_DRAIN_SECONDS);
      expect(config.DRAIN_SECONDS).toBeGreaterThan(config.CALL_MAX_SECONDS);
    }
  });

  it('asks for what is there: image, balancer, ports and paths', () => {
    const caddy = text('Caddyfile');
    const port = parseConfig({}).PORT;
    const upstreams = nodes.map(([name]) => `${name}:${port}`).join(' ');
    expect(caddy).toContain(`reverse_proxy ${upstreams} {`);
    expect(caddy).toMatch(/health_uri \/readyz\n/);
    for (const [name, { build, healthcheck }] of nodes) {
      expect(healthcheck.test.join(' ')).toContain(`http://127.0.0.1:${port}/readyz`);
      expect(existsSync(`${ROOT}${build.dockerfile}`)).toBe(true);
      expect(Object.keys(compose.volumes)).toContain(name);
    }
  });
});

describe('the image', () => {
  const file = text('Dockerfile');

  it('is Node 22, without root, without development packages, and says whether it lives', () => {
    const stages = [...file.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image);
    for (const image of stages) expect(image).toMatch(/^node:22-/);
    const [last = ''] = file.split(/^FROM /m).slice(-1);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toContain('/healthz');
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(file).toContain('npm ci --omit=dev --omit=optional');
    expect(existsSync(`${ROOT}src/cli/trunkline.ts`)).toBe(true);
  });
});

describe('the systemd unit', () => {
  const unit = text('trunkline.service');
  const all = (name: string): string[] =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  const one = (name: string): string => {
    const [value, ...others] = all(name);
    expect(others).toEqual([]);
    return value ?? '';
  };

  it('starts what there is, with settings that there are, and gives live calls time to end', () => {
    const settings = one('Environment')
      .split(' ')
      .map((pair) => pair.split('=', 2) as [string, string])
      .filter(([name]) => name !== 'NODE_ENV');
    const config = configOf(Object.fromEntries(settings));
    expect(Number(one('TimeoutStopSec'))).toBeGreaterThanOrEqual(config.DRAIN_SECONDS + AFTER_DRAIN_SECONDS);
    expect(config.DATA_DIR).toBe(`/var/lib/${one('StateDirectory')}`);
    const [node = '', flag, program = '', command] = one('ExecStart').split(' ');
    expect(existsSync(`${ROOT}${node.replace(`${one('WorkingDirectory')}/`, '')}`)).toBe(true);
    expect(flag).toBe('--disable-warning=ExperimentalWarning');
    expect(existsSync(ROOT + program)).toBe(true);
    expect(command).toBe('start');
    expect(one('KillSignal')).toBe('SIGTERM');
    // V8 compiles while it runs.
    expect(all('MemoryDenyWriteExecute')).toEqual([]);
  });
});

describe("the operator's pages", () => {
  it.each(['SECURITY.md', 'docs/operator.md'])(
    '%s names settings, metrics, files and commands that there are',
    (path) => {
      const page = readFileSync(ROOT + path, 'utf8');
      const readme = readFileSync(`${ROOT}README.md`, 'utf8');
      const names = new Set(
        [...page.matchAll(/`([A-Z][A-Z_]{3,})(?:=[^`]*)?`/g)].map(([, name = '']) => name),
      );
      for (const name of names) expect(Object.keys(SETTINGS)).toContain(name);
      for (const [, metric = ''] of page.matchAll(/`(trunkline_\w+)`/g))
        expect(readme).toContain(`\`${metric}\``);
      for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
        expect(existsSync(new URL(target, new URL(path, `file://${ROOT}`)))).toBe(true);
      for (const [, anchor = ''] of page.matchAll(/README\.md#([\w-]+)/g)) {
        const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
          title
            .toLowerCase()
            .replace(/[^\w -]/g, '')
            .replaceAll(' ', '-'),
        );
        expect(headings).toContain(anchor);
      }
      const known = createProgram().commands.map((command) => command.name());
      for (const [, command = ''] of page.matchAll(/npx trunkline (\w+)/g)) expect(known).toContain(command);
    },
  );
});

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas: number;
    readonly minAvailable: number;
    readonly selector: object;
    readonly ports: readonly { readonly targetPort: string }[];
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [
          {
            readonly env: readonly { readonly name: string; readonly value: string }[];
            readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
            readonly resources: { readonly requests: { readonly cpu: string } };
            readonly readinessProbe: Probe;
            readonly livenessProbe: Probe;
            readonly startupProbe: Probe;
            readonly lifecycle: {
              readonly preStop: { readonly exec: { readonly command: readonly string[] } };
            };
          },
        ];
      };
    };
  };
}

describe('the Kubernetes manifests', () => {
  const source = text('kubernetes/trunkline.yaml');
  const manifests = parseAllDocuments(source).map((document) => document.toJS() as Manifest);
  const specOf = (kind: string) => manifests.find((manifest) => manifest.kind === kind)!.spec;
  const pod = specOf('Deployment').template;
  const [container] = pod.spec.containers;

  it('name settings that there are, those of the secret included', () => {
    const secrets = [...source.matchAll(/--from-literal=(\w+)=/g)].map(([, name = '']) => name);
    expect(secrets).toContain('DATABASE_URL');
    const config = configOf({
      ...Object.fromEntries(secrets.map((name) => [name, GIVEN[name] ?? `no ${name}`])),
      ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
    });
    const [command, waitSeconds] = container.lifecycle.preStop.exec.command;
    expect(command).toBe('sleep');
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      Number(waitSeconds) + config.DRAIN_SECONDS + AFTER_DRAIN_SECONDS,
    );
    expect(container.ports).toEqual([{ name: 'http', containerPort: config.PORT }]);
  });

  it('give a pod the workers and calls of its own CPUs, not of its whole machine', () => {
    const cores = Number(container.resources.requests.cpu);
    const own = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    expect(own).toMatchObject({ WORKERS: String(cores), MAX_CALLS: String(500 * cores) });
  });

  it('belong together: Service, disruption budget and Deployment', () => {
    expect(specOf('Service').selector).toEqual(pod.metadata.labels);
    expect(specOf('Service').ports.map(({ targetPort }) => targetPort)).toEqual(['http']);
    expect(specOf('Deployment').selector).toEqual({ matchLabels: pod.metadata.labels });
    expect(specOf('PodDisruptionBudget').selector).toEqual({ matchLabels: pod.metadata.labels });
    expect(specOf('PodDisruptionBudget').minAvailable).toBeLessThan(specOf('Deployment').replicas);
  });

  it('probe paths that the server answers, and kill no node for draining', async () => {
    const { livenessProbe, readinessProbe, startupProbe } = container;
    expect(readinessProbe.httpGet.path).toBe('/readyz');
    const rig = await startRig();
    onTestFinished(() => rig.close());
    void rig.server.drain.begin();
    for (const { httpGet } of [livenessProbe, startupProbe]) {
      const answer = await fetch(`http://127.0.0.1:${rig.port}${httpGet.path}`);
      expect([httpGet.path, answer.status]).toEqual([httpGet.path, 200]);
      expect(httpGet.port).toBe('http');
    }
    const ready = await fetch(`http://127.0.0.1:${rig.port}${readinessProbe.httpGet.path}`);
    expect([ready.status, ready.headers.get('content-type')]).toEqual([503, 'application/json']);
  });
});

describe('the image', () => {
  let lines: readonly string[];
  beforeAll(() => {
    lines = text('Dockerfile').split('\n');
  });
  const argumentsOf = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('is made of files that are here', () => {
    const copied = argumentsOf('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect([path, existsSync(`${ROOT}${path}`)]).toEqual([path, true]);
    const ignored = readFileSync(`${ROOT}.dockerignore`, 'utf8').split('\n');
    for (const path of copied) expect(ignored).not.toContain(path);
    // Secrets stand in deploy/.env, too.
    expect(ignored).toContain('**/.env');
  });

  it('runs the server itself, open to its network, and keeps its data in a volume', () => {
    const [environment = ''] = argumentsOf('ENV');
    const settings = environment.split(' ').map((pair) => pair.split('=') as [string, string]);
    const { NODE_ENV, ...own } = Object.fromEntries(settings);
    expect(NODE_ENV).toBe('production');
    expect(configOf(own)).toMatchObject({ HOST: '0.0.0.0', DATA_DIR: '/data' });
    expect(argumentsOf('VOLUME')).toEqual(['/data']);
    expect(argumentsOf('EXPOSE')).toEqual([String(parseConfig({}).PORT)]);
    const command = [...argumentsOf('ENTRYPOINT'), ...argumentsOf('CMD')].flatMap((line) => JSON.parse(line));
    expect(command).toEqual([
      'node',
      '--disable-warning=ExperimentalWarning',
      'src/cli/trunkline.ts',
      'start',
      '--no-supervisor',
    ]);
  });
});
