import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/cli/templates/**/*.test.ts',
      'plugins.d/**/*.test.ts',
      'examples/**/*.test.ts',
      'bench/**/*.test.ts',
      'torture/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Tests that kill processes, change the working directory or hold sockets need a process of their own.
    pool: 'forks',
    setupFiles: ['vitest.setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Waits end when their condition holds: only a failure takes as long as this.
    expect: { poll: { timeout: 45_000, interval: 20 } },
    passWithNoTests: false,
  },
})
