import { runCli } from './program.ts';

/** Entry of the command line; bin/renata.mjs starts it. */
process.exit(await runCli(process.argv.slice(2)));
