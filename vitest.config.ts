import { defineConfig } from 'vitest/config';

/**
 * Limits are for what hangs, not for what is slow: a machine several times slower than a developer's, with
 * other work beside it, has to pass as well. `expect.poll` gives up after a second where it is not told
 * otherwise.
 */
const PATIENCE = { poll: { timeout: 30_000, interval: 20 } };

/** Unit-like tests run in parallel; those that own processes, ports or files of the disk run after. */
export default defineConfig({
  test: {
    reporters: ['default'],
    coverage: {
      provider: 'v8',
      include: ['engine/**/*.ts', 'workers/**/*.ts', 'electron/**/*.ts'],
      reportsDirectory: 'coverage',
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: {
        'engine/**/*.ts': { lines: 90, branches: 90 },
        'engine/{orders,risk,portfolio}/**/*.ts': { lines: 90, branches: 90 },
        'electron/services/trading/**/*.ts': { lines: 90, branches: 80 },
      },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/{unit,property,golden,layers}/**/*.test.{ts,tsx}'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: PATIENCE,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,security,conformance}/**/*.test.ts'],
          testTimeout: 360_000,
          hookTimeout: 360_000,
          expect: PATIENCE,
          fileParallelism: false,
        },
      },
    ],
  },
});
