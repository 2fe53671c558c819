/** What is not asked for is not loaded: metrics are always there, the code of traces is there with a collector only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const PRELOAD = pathToFileURL(fileURLToPath(new URL('../support/loaded-modules.mjs', import.meta.url))).href;

/** URLs of all that the I/O thread loaded, from the start to the end of a server. */
async function loadedBy(environment: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder();
  const modulesFile = join(folder, 'modules');
  const trunkline = new TrunklineProcess(['start', '--no-supervisor'], {
    DATA_DIR: folder,
    NODE_OPTIONS: `--import=${PRELOAD}`,
    MODULES_FILE: modulesFile,
    ...environment,
  });
  await vi.waitFor(() => expect(trunkline.stdout).toContain('Ready for calls.'), {
    timeout: 30_000,
    interval: 50,
  });
  trunkline.signal('SIGTERM');
  expect(await trunkline.exited).toBe(0);
  return readFileSync(modulesFile, 'utf8');
}

it('loads nothing for traces without a collector', async () => {
  const loaded = await loadedBy({});
  expect(loaded).toContain('/src/telemetry/metrics.ts');
  expect(loaded).not.toMatch(/telemetry\/(trace-|otlp-|span|to-spans)/);
  // prom-client brings the API along, which by itself does nothing.
  expect(loaded).not.toMatch(/node_modules\/@opentelemetry\/(?!api\/)/);
});

it('loads the way to the trace thread with one, and neither the encoder nor the queue on the I/O thread', async () => {
  const collector = await OtlpReceiver.listen();
  onTestFinished(() => collector.close());
  const loaded = await loadedBy({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  expect(loaded).toContain('/src/telemetry/trace-link.ts');
  expect(loaded).not.toMatch(/telemetry\/(otlp-|span|to-spans)/);
});
