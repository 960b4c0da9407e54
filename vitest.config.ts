import { defineConfig } from 'vitest/config';

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
      },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/{unit,property,golden,layers}/**/*.test.{ts,tsx}'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,security}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
