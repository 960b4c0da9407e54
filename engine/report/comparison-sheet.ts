import {
  areaOf,
  baseLine,
  drawLevelAxis,
  drawValueAxis,
  legend,
  percentLabel,
  picture,
  px,
  valueAxis,
  WIDE,
} from './chart.ts';
import type { Comparison } from '../protocol/schemas.ts';
import type { ComparedRun } from './comparison.ts';
import { documentOf } from './document.ts';
import { change, instant, statisticText } from './figures.ts';
import { markup, raw, type Markup, type Part } from './markup.ts';
import { scaleOf, timeTicks } from './scale.ts';
import { section, table } from './table.ts';

/** Lines that colours tell apart. */
export const MOST_COMPARED = 8;

/** Runs side by side as one HTML document, like a tear sheet. */
export function comparisonSheet(comparison: Comparison, version: string): string {
  const { runs, differences, statistics } = comparison;
  const columns = [
    { title: '' },
    ...runs.map((run, i) => ({ title: `${i + 1}. ${run.title}`, kind: 'figure' as const })),
  ];
  const head = markup`<div class="head"><h1>${runs.length} runs side by side</h1><p class="brand">Renata</p></div>`;
  const origin: readonly (readonly [string, (run: ComparedRun) => Part])[] = [
    ['Run', ({ id }) => id],
    ['Made', ({ createdAt }) => instant(createdAt)],
    ['First bar', ({ firstTime }) => instant(firstTime)],
    ['Last bar', ({ lastTime }) => instant(lastTime)],
    ['Data hash', ({ dataHash }) => markup`<code>${dataHash.slice(0, 16)}</code>`],
    ['Order hash', ({ orderHash }) => markup`<code>${orderHash.slice(0, 16)}</code>`],
  ];
  return documentOf(
    `${runs.length} runs side by side`,
    head,
    [
      growth(runs),
      section(
        { id: 'differences', title: 'What was asked differently' },
        differences.length === 0
          ? markup`<p class="empty">Nothing: parameters, settings and data are alike.</p>`
          : table({
              caption: 'Parameters and settings that are not alike',
              columns,
              rows: differences.map(({ name, values }): Part[] => [
                name,
                ...values.map((value) =>
                  name.endsWith(' hash') ? markup`<code>${value.slice(0, 16)}</code>` : value,
                ),
              ]),
            }),
      ),
      section(
        { id: 'statistics', title: 'Statistics', note: 'The best of a row is marked ●' },
        table({
          caption: 'Statistics side by side',
          columns,
          rows: statistics.map(({ name, unit, values, best }): Part[] => [
            name,
            ...values.map((value, i): Part => {
              const text = statisticText({ value, unit });
              return i === best ? markup`<strong>● ${text}</strong>` : text;
            }),
          ]),
        }),
      ),
      section(
        { id: 'origin', title: 'Origin' },
        table({
          caption: 'Where the runs come from',
          columns,
          rows: origin.map(([name, of]): Part[] => [name, ...runs.map(of)]),
        }),
      ),
    ],
    `Renata ${version}. Past results, simulated. Times are UTC.`,
  );
}

function growth(runs: readonly ComparedRun[]): Markup {
  const area = areaOf(WIDE, 340);
  const marked = runs.filter(({ time }) => time.length > 0);
  const first = Math.min(...marked.map(({ firstTime }) => firstTime));
  const last = Math.max(...marked.map(({ lastTime }) => lastTime));
  const x = scaleOf(first, last, area.left, area.right);
  const gains = runs.map((run) => run.growth.map((value) => value - 1));
  const y = valueAxis(area, gains, { label: percentLabel, include: [0] });
  // Days of the whole span stand in for the bars, which each run has its own of.
  const step = (last - first) / 4_000;
  const grid = Float64Array.from({ length: step > 0 ? 4_001 : 1 }, (_, i) => first + i * step);
  const ticks = timeTicks(grid, 13).map(({ value, label }) => ({
    value: grid[value] as number,
    label,
  }));
  const lines = runs.map((run, i) => {
    const path = Array.from(
      run.time,
      (time, k) =>
        `${k === 0 ? 'M' : 'L'}${px(x.at(time))} ${px(y.scale.at((gains[i] as Float64Array)[k] as number))}`,
    ).join('');
    return markup`<path class="line run-${i + 1}" d="${raw(path)}" />`;
  });
  const ends = runs.map((run, i) => {
    const gain = gains[i]?.at(-1) ?? Number.NaN;
    return `${i + 1}. ${run.title} ${change(gain)}`;
  });
  return section(
    { id: 'growth', title: 'Growth', note: 'Equity against each run’s starting cash' },
    legend(ends.map((text, i) => ({ name: `run-${i + 1}`, text }))),
    picture(
      {
        id: 'curves',
        title: 'Growth',
        description: `${ends.join('; ')}.`,
        width: WIDE,
        height: 340,
      },
      [drawValueAxis(area, y), drawLevelAxis(area, x, ticks), baseLine(area, y), ...lines],
    ),
  );
}
