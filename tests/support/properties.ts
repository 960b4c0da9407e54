import fc from 'fast-check';

/**
 * Properties are tried with the same values at every run: what fails does so for everybody, and every time.
 * RENATA_SEED tries others.
 */
fc.configureGlobal({ seed: Number(process.env['RENATA_SEED'] ?? 20_240_102) });

export { default as fc } from 'fast-check';
