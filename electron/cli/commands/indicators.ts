import type { Command } from 'commander';
import { addCommonOptions, type Shell } from '../command.ts';
import { formatTable } from '../table.ts';

export function addIndicators(program: Command, { terminal, finish }: Shell): void {
  const command = program
    .command('indicators')
    .description('list the indicators with their parameters and outputs');
  addCommonOptions(command);
  command.action(async () => {
    const { INDICATORS } = await import('../../../engine/indicators/registry.ts');
    const indicators = INDICATORS.map(
      ({ id, title, description, pane, outputs, parameters }) => ({
        id,
        title,
        description,
        pane,
        outputs,
        parameters,
      }),
    );
    const columns = [
      { title: 'INDICATOR' },
      { title: 'TITLE' },
      { title: 'PARAMETERS' },
      { title: 'OUTPUTS' },
    ];
    const rows = indicators.map(({ id, title, parameters, outputs }) => [
      id,
      title,
      parameters.map((parameter) => `${parameter.name}=${parameter.default}`).join(' '),
      outputs.join(' '),
    ]);
    const text = formatTable(columns, rows, (header) => terminal.style('bold', header));
    finish('indicators', { data: { indicators }, text });
  });
}
