import type { Command } from 'commander';
import { addCommonOptions, type Shell } from '../command.ts';
import { parameterText } from '../strategy-flags.ts';

export function addListStrategies(program: Command, { terminal, finish }: Shell): void {
  const command = program
    .command('list-strategies')
    .description('list the strategies with their parameters');
  addCommonOptions(command);
  command.action(async () => {
    const { STRATEGIES } = await import('../../../engine/backtest/strategies.ts');
    const strategies = STRATEGIES.map(({ id, title, description, parameters }) => ({
      id,
      title,
      description,
      parameters,
    }));
    const text = strategies
      .map(({ id, title, description, parameters }) =>
        [
          `${terminal.style('bold', id)}  ${title}`,
          `  ${description}`,
          ...parameters.map((parameter) => `  ${parameterText(parameter)}`),
        ].join('\n'),
      )
      .join('\n\n');
    finish('list-strategies', { data: { strategies }, text });
  });
}
