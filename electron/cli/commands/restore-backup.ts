import type { Command } from 'commander';
import { addCommonOptions, type CommonOptions, type Shell } from '../command.ts';

export function addRestoreBackup(program: Command, { terminal, finish }: Shell): void {
  const command = program
    .command('restore-backup')
    .description('put a backup in the place of the store; the present one is kept beside it')
    .argument('<name>', "file name in the folder's backups/");
  addCommonOptions(command);
  command.action(async (name: string, options: CommonOptions) => {
    const { withWorkstation } = await import('../session.ts');
    const place = { kind: 'store', directory: options.dataDir } as const;
    await withWorkstation(terminal, place, async ({ call }) => {
      await call('store.restore', { backup: name });
    });
    finish('restore-backup', { data: { restored: name }, text: `Restored ${name}.` });
  });
}
