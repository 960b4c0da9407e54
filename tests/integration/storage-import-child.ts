/** Imports a file into a store and tells its parent how far it is, until it is killed. */
import { openStore } from '../../electron/storage/store-client.ts';

const [directory = '', path = ''] = process.argv.slice(2);
const store = await openStore({
  directory,
  threadUrl: new URL('../../electron/storage/thread.ts', import.meta.url),
  automaticBackups: false,
});
await store.importFile(
  { path, options: { symbol: 'TEST', calendar: 'crypto' } },
  { onProgress: (progress) => process.send?.(progress.stage) },
);
// The signal may still be on its way, and who has ended by then is not killed: the channel keeps it alive.
process.on('message', () => undefined);
process.send?.('done');
