import { documentOf } from './document.ts';
import { figure, instant } from './figures.ts';
import { markup, type Part } from './markup.ts';
import { monthsSection, yearsSection } from './sections/calendar.ts';
import { distributionSection, tradeReturnsSection } from './sections/distribution.ts';
import { exposureSection } from './sections/exposure.ts';
import { growthSection } from './sections/growth.ts';
import { instrumentsSection } from './sections/instruments.ts';
import { rollingSection } from './sections/rolling.ts';
import {
  againstBenchmark,
  allStatistics,
  keyFigures,
  originSection,
} from './sections/statistics.ts';
import { ambiguousSection } from './sections/ambiguous.ts';
import { crisesSection, drawdownsSection, groupsSection } from './sections/tables.ts';
import {
  excursionsSection,
  extremeTradesSection,
  tradesOnPriceSection,
} from './sections/trades.ts';
import { subjectOf, type TearSheetInput } from './subject.ts';
import { empty, section } from './table.ts';

/**
 * The tear sheet of a run: one HTML document with its pictures and style sheet inside, without a script or
 * anything else to load. The same run gives the same text.
 */
export function tearSheet(input: TearSheetInput): string {
  const subject = subjectOf(input);
  const { summary } = input.run;
  const bars = `${figure(summary.barCount, 0)} ${summary.barCount === 1 ? 'bar' : 'bars'}`;
  const head = markup`<div class="head"><h1>${subject.title}</h1><p>${instant(summary.firstTime)} to ${instant(summary.lastTime)}, ${bars}</p><p class="brand">Renata</p></div>`;
  const sections: readonly Part[] =
    input.run.time.length === 0
      ? [
          section({ id: 'none', title: 'No bars' }, empty('The run has no bar to report on.')),
          originSection(subject),
        ]
      : [
          keyFigures(subject),
          growthSection(subject),
          monthsSection(subject),
          yearsSection(subject),
          distributionSection(subject),
          rollingSection(subject),
          exposureSection(subject),
          instrumentsSection(subject),
          tradesOnPriceSection(subject),
          excursionsSection(subject),
          tradeReturnsSection(subject),
          groupsSection(subject),
          againstBenchmark(subject),
          markup`<div class="stack">${drawdownsSection(subject)}${extremeTradesSection(subject)}</div>`,
          ambiguousSection(subject),
          crisesSection(subject),
          allStatistics(subject),
          originSection(subject),
        ];
  return documentOf(
    subject.title,
    head,
    sections,
    `Past results, simulated. Times are UTC; a figure that is not defined is shown as –. Formulas: docs/statistics.md; fills: docs/fill-rules.md.`,
  );
}
