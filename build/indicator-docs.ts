/** Text of docs/indicators.md, made from the catalogue and nothing else. */
import type { Parameter } from '../engine/domain/parameters.ts';
import { INDICATOR_GROUPS } from '../engine/indicators/definition.ts';
import { INDICATORS, type IndicatorSummary } from '../engine/indicators/registry.ts';

export function indicatorDocs(): string {
  const groups = INDICATOR_GROUPS.map((group) => ({
    group,
    members: INDICATORS.filter((each) => each.group === group),
  })).filter(({ members }) => members.length > 0);
  const contents = groups.map(
    ({ group, members }) =>
      `| [${group}](#${anchor(group)}) | ${members.length} | ${members.map(({ id }) => `[\`${id}\`](#${id})`).join(' ')} |`,
  );
  return [
    '# Indicators',
    `The catalogue: ${INDICATORS.length} indicators, each over whole columns and bar by bar. This page is made from`,
    '`engine/indicators` by `npm run check -- --fix`; `renata indicators NAME` shows the same on the command line.',
    '',
    'In expressions parameters follow the name in the order given here, or are named: `macd(12, 26, 9).signal`,',
    '`bbands(close, timeperiod=20).upper`. Inputs default to the bars’ own columns, except those that an entry demands:',
    '`correl(close, on("SPY", close), 30)`. Values before the look-back are missing (NaN), never zero; a missing value inside',
    'starts the indicator anew after it.',
    '',
    '| group | | indicators |',
    '|---|---|---|',
    ...contents,
    '',
    ...groups.flatMap(({ group, members }) => [`## ${group}`, '', ...members.flatMap(entry)]),
  ].join('\n');
}

function entry(indicator: IndicatorSummary): string[] {
  const { id, title, aliases, inputs, outputs, parameters } = indicator;
  const facts = [
    `reads ${inputs.join(', ')}`,
    ...(indicator.demands.length > 0 ? [`demands ${indicator.demands.join(', ')}`] : []),
    `gives ${outputs.map(({ name }) => `\`${name}\``).join(', ')}`,
    `look-back ${indicator.lookback}`,
    ...(indicator.unstable ? ['unstable period'] : []),
    indicator.pane === 'overlay' ? 'on the price' : 'own pane',
    ...(indicator.levels.length > 0 ? [`levels ${indicator.levels.join(', ')}`] : []),
    ...(aliases.length > 0 ? [`also ${aliases.map((name) => `\`${name}\``).join(', ')}`] : []),
  ];
  return [
    `### ${id}`,
    `**${escaped(title)}** · ${facts.join(' · ')}`,
    '',
    escaped(indicator.explanation),
    '',
    ...(parameters.length === 0
      ? []
      : [
          '| parameter | default | range | |',
          '|---|---|---|---|',
          ...parameters.map(
            (each) =>
              `| \`${each.name}\` | ${String(each.default)} | ${rangeOf(each)} | ${escaped(each.description)} |`,
          ),
          '',
        ]),
    `Formula: ${escaped(indicator.formula)}`,
    '',
    `Source: ${escaped(indicator.source)}`,
    '',
  ];
}

function rangeOf(parameter: Parameter): string {
  if (parameter.kind === 'choice') return parameter.choices.join(', ');
  if (parameter.kind === 'boolean') return 'true, false';
  return `${parameter.min} to ${parameter.max}`;
}

/** Characters that Markdown would take for its own. */
function escaped(text: string): string {
  return text.replaceAll(/[|*_<>]/g, (character) => `\\${character}`);
}

function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}
