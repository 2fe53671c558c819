import { defineConfig } from 'vitest/config';

/** They wait for real time and for each other's processes, far more than they compute. */
const FILES_AT_ONCE = 2;

// biome-ignore lint/style/noDefaultExport: the shape that vitest asks for
export default defineConfig({
  test: {
    // SQLite is experimental in Node 22, which every worker of the runner would say anew.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { name: 'native', include: ['test/native/**/*.test.ts'] } },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Tests that run at once wait for each other by themselves (test/support/shared-rig.ts).
          maxConcurrency: 64,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        test: {
          name: 'lifecycle',
          include: ['test/lifecycle/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: FILES_AT_ONCE,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/build-pages.ts'],
          expect: { poll: { timeout: 15_000 } },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
