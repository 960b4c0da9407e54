import { defineConfig } from 'vitest/config';

/**
 * Limits are for what hangs, not for what is slow: a machine several times slower than a developer's, with
 * other work beside it, has to pass as well. `expect.poll` gives up after a second where it is not told
 * otherwise.
 */
const PATIENCE = { poll: { timeout: 30_000, interval: 20 } };

/** Files that measure times, or keep both cores busy by themselves: nothing runs beside them. */
const ALONE = [
  'tests/integration/{cli-research,order-crash,research-market,soak,studies,watchdog}.test.ts',
  'tests/integration/{workers,workstation-million}.test.ts',
];

/**
 * Unit-like tests run in parallel; those that own processes, ports or files of the disk run after, two files
 * at once since they wait most of the time; and those that must be alone come last.
 */
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
        'electron/services/trading/**/*.ts': { lines: 90, branches: 90 },
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
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,security,conformance}/**/*.test.ts'],
          exclude: ALONE,
          testTimeout: 360_000,
          hookTimeout: 360_000,
          expect: PATIENCE,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alone',
          include: ALONE,
          testTimeout: 360_000,
          hookTimeout: 360_000,
          expect: PATIENCE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
