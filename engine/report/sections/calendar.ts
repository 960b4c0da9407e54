import {
  areaOf,
  barPath,
  baseLine,
  drawValueAxis,
  HALF,
  legend,
  percentLabel,
  picture,
  px,
  valueAxis,
} from '../chart.ts';
import { change, figure } from '../figures.ts';
import { markup, NOTHING, raw, type Markup, type Part } from '../markup.ts';
import { scaleOf } from '../scale.ts';
import type { Subject } from '../subject.ts';
import { empty, section } from '../table.ts';
import { summariseSpans } from '../../stats/calendar-returns.ts';
import { quantileOf, sorted } from '../../stats/shape.ts';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
/** The colour is full at this quantile of the months' sizes, so that one wild month does not pale the rest. */
const FULL_AT = 0.95;
/** Strongest mixture of colour and background under which the text stays readable, in percent. */
const STRONGEST = 55;

/** The table of months: each cell is coloured by its return. */
export function monthsSection({ years: rows }: Subject): Markup {
  const values = rows.flatMap(({ months }) => [...months].filter((value) => !Number.isNaN(value)));
  if (values.length === 0) return NOTHING;
  const full = quantileOf(sorted(values.map(Math.abs)), FULL_AT);
  const { best, worst, winRate } = summariseSpans(values);
  const note = `Best month ${change(best)}, worst ${change(worst)}${
    Number.isNaN(winRate) ? '' : `, ${figure(winRate * 100, 0)}% of those that moved gained`
  }`;
  return section(
    { id: 'months', title: 'Monthly returns [%]', note },
    markup`<div class="scroll">
      <table class="heat">
        <caption class="aside">
          Return of each month and year in percent
        </caption>
        <thead>
          <tr>
            <th scope="col">Year</th>
            ${MONTHS.map((month) => markup`<th scope="col">${month}</th>`)}
            <th scope="col" class="total">Year</th>
          </tr>
        </thead>
        <tbody>
          ${rows.toReversed().map(
            ({ year, months, total }) =>
              markup`<tr>
                <th scope="row">${year}</th>
                ${[...months].map((value) => heatCell(value, full))}
                <td class="total">${signed(total)}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`,
    full > 0
      ? markup`<p class="heat-scale" aria-hidden="true">
          <span>−${figure(full * 100, 1)}%</span><i></i><span>+${figure(full * 100, 1)}%</span>
        </p>`
      : NOTHING,
  );
}

function heatCell(value: number, full: number): Markup {
  if (Number.isNaN(value)) return markup`<td></td>`;
  const strength = full > 0 ? Math.min(1, Math.abs(value) / full) * STRONGEST : 0;
  const side = value < 0 ? 'cold' : 'warm';
  const mix = Math.round(strength * 10) / 10;
  return markup`<td class="${side}" style="--heat:${mix}%">${figure(value * 100, 1)}</td>`;
}

function signed(value: number): Part {
  const text = figure(value * 100, 1);
  return value < 0 ? markup`<span class="down">${text}</span>` : text;
}

/** Bars of each year's return beside the benchmark's. */
export function yearsSection({ years, marketYears, compared }: Subject): Markup {
  const mine = Float64Array.from(years, ({ total }) => total);
  const theirs = Float64Array.from(marketYears, ({ total }) => total);
  const count = years.length;
  const options = { id: 'years', title: 'Yearly returns', half: true };
  if (count === 0) return section(options, empty('There is no bar.'));
  const height = 292;
  const area = areaOf(HALF, height);
  const y = valueAxis(area, [mine, theirs], {
    label: percentLabel,
    include: [0],
  });
  const x = scaleOf(0, count, area.left, area.right);
  const slot = Math.min(x.at(1) - x.at(0), 80);
  const middle = (i: number): number => x.at(i + 0.5);
  const bars = (values: Float64Array, from: number, to: number): string =>
    Array.from(values, (value, i) =>
      barPath(middle(i) + from * slot, middle(i) + to * slot, y.scale, value),
    ).join('');
  const up = mine.map((value) => (value > 0 ? value : Number.NaN));
  const down = mine.map((value) => (value < 0 ? value : Number.NaN));
  const every = Math.ceil((count * 34) / (area.right - area.left));
  const description = years.map(({ year, total }) => `${year}: ${change(total, 1)}`).join(', ');
  return section(
    { ...options, note: 'The first and last year only as far as the data reach' },
    legend([
      { name: 'gain', text: 'Strategy' },
      ...(compared ? [{ name: 'held', text: 'Buy and hold' }] : []),
    ]),
    picture({ id: 'year-bars', title: 'Yearly returns', description, width: HALF, height }, [
      drawValueAxis(area, y),
      markup`<path class="fill held" d="${raw(bars(theirs, 0.02, 0.36))}" />`,
      markup`<path class="fill gain" d="${raw(bars(up, -0.38, 0))}" />`,
      markup`<path class="fill lost" d="${raw(bars(down, -0.38, 0))}" />`,
      baseLine(area, y),
      years.map(({ year }, i) =>
        i % every === 0
          ? markup`<text class="tick mid" x="${px(middle(i))}" y="${area.bottom + 14}">${year}</text>`
          : null,
      ),
    ]),
  );
}
