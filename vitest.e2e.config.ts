import { defineConfig } from 'vitest/config';

/**
 * End-to-end tests own real programs and windows: one after the other, with time to start. A step of a test
 * gives up before the test does (tests/e2e/harness.ts), so that a failure names the step.
 */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000, interval: 50 } },
    fileParallelism: false,
  },
});
