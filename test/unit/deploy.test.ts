/** The files in `deploy/` against what the server knows: they cannot be run here, but they can be read. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig, SETTINGS } from '../../src/config.ts';
import { checkDescriptors } from '../../src/operations/doctor/machine-checks.ts';
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

/** What stands behind a word of the Dockerfile, line by line. */
const imageLines = (word: string): readonly string[] =>
  text('Dockerfile')
    .split('\n')
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1));
const imageCommand = (): readonly string[] =>
  [...imageLines('ENTRYPOINT'), ...imageLines('CMD')].flatMap((line) => JSON.parse(line));
/** `NAME=value NAME=value`, without what is Node's. */
function settingsIn(line: string): Readonly<Record<string, string>> {
  const { NODE_ENV, ...own } = Object.fromEntries(
    line.split(' ').map((pair) => pair.split('=') as [string, string]),
  );
  expect(NODE_ENV).toBe('production');
  return own;
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
  it('is made of files that are here', () => {
    const copied = imageLines('COPY')
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
    const [environment = ''] = imageLines('ENV');
    expect(configOf(settingsIn(environment))).toMatchObject({ HOST: '0.0.0.0', DATA_DIR: '/data' });
    expect(imageLines('VOLUME')).toEqual(['/data']);
    expect(imageLines('EXPOSE')).toEqual([String(parseConfig({}).PORT)]);
    expect(imageCommand()).toEqual([
      'node',
      '--disable-warning=ExperimentalWarning',
      'src/cli/trunkline.ts',
      'start',
      '--no-supervisor',
    ]);
  });
});

describe('the systemd unit', () => {
  const directives = text('trunkline.service')
    .split('\n')
    .filter((line) => /^\w+=/.test(line));
  const only = (name: string): string => {
    const values = directives
      .filter((line) => line.startsWith(`${name}=`))
      .map((line) => line.slice(name.length + 1));
    expect([name, values.length]).toEqual([name, 1]);
    return values[0]!;
  };
  const config = () => configOf(settingsIn(only('Environment')));

  it('runs what the image runs, by the Node that an install brings', () => {
    const [, ...imageArguments] = imageCommand();
    const [node, ...ownArguments] = only('ExecStart').split(' ');
    expect(node).toBe(`${only('WorkingDirectory')}/node_modules/.bin/node`);
    expect(ownArguments).toEqual(imageArguments);
    expect(existsSync(`${ROOT}${only('Documentation').slice('file:///opt/trunkline/'.length)}`)).toBe(true);
  });

  it('lets calls end before it kills, and starts again whatever ended it', () => {
    const { CALL_MAX_SECONDS, DRAIN_SECONDS } = config();
    expect(only('KillSignal')).toBe('SIGTERM');
    expect(Number(only('TimeoutStopSec'))).toBeGreaterThanOrEqual(DRAIN_SECONDS + AFTER_DRAIN_SECONDS);
    expect(DRAIN_SECONDS).toBeGreaterThan(CALL_MAX_SECONDS);
    expect([only('Type'), only('Restart')]).toEqual(['exec', 'always']);
  });

  it('may open as many files as the doctor asks for', () => {
    const files = only('LimitNOFILE');
    expect(checkDescriptors(undefined, () => `Max open files  ${files}  ${files}  files`)).toMatchObject([
      { level: 'ok' },
    ]);
  });

  it('may write its data alone, get no rights, and run what V8 compiles', () => {
    const { DATA_DIR } = config();
    expect(DATA_DIR).toBe(`/var/lib/${only('StateDirectory')}`);
    expect([only('ProtectSystem'), only('ReadWritePaths')]).toEqual(['strict', DATA_DIR]);
    expect([only('User'), only('NoNewPrivileges')]).toEqual(['trunkline', 'yes']);
    expect([only('CapabilityBoundingSet'), only('AmbientCapabilities')]).toEqual(['', '']);
    expect(only('MemoryDenyWriteExecute')).toBe('no');
  });

  it('takes the settings as the guide makes them of the example', () => {
    const guide = readFileSync(`${ROOT}docs/operator.md`, 'utf8');
    const [, script = '', from = '', to = ''] =
      /^(sed 's\|\^(DATA_DIR=)\.\*\|(\S+)\|' \.env\.example \|.* (?:\S+)$)/m.exec(guide) ?? [];
    expect(script).toContain(` ${only('EnvironmentFile')}`);
    const example = readFileSync(`${ROOT}.env.example`, 'utf8').split('\n');
    expect(example.filter((line) => line.startsWith(from))).toHaveLength(1);
    expect(to).toBe(`DATA_DIR=${config().DATA_DIR}`);
  });
});
