import { defineConfig } from 'vitest/config';

/** End-to-end tests own real programs and windows: one after the other, with time to start. */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
