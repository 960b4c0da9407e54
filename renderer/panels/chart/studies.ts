import type { ParameterValues } from '../../../engine/domain/parameters.ts';
import type { Adjustment } from '../../../engine/domain/bar.ts';
import { workstation, type Indicator } from '../../client/store.ts';
import type { StudyLine } from './price-chart.ts';

/** A study that the user put on the chart. */
export interface Study {
  readonly indicator: string;
  readonly parameters: ParameterValues;
}

export interface DrawnStudy {
  readonly study: Study;
  readonly title: string;
  readonly lines: readonly (StudyLine & { readonly label: string })[];
}

/** Colours of studies, told apart in all themes and by the colour-blind. */
const COLOURS = ['#5b9bff', '#e6a23c', '#b07cf0', '#38bdc4', '#e377c2', '#9aa5b1'];

export function titleOf(study: Study): string {
  const values = Object.values(study.parameters).join(', ');
  return `${study.indicator.toUpperCase()}${values === '' ? '' : ` ${values}`}`;
}

/** Computes the studies over the bars that the chart shows. */
export async function drawStudies(
  studies: readonly Study[],
  indicators: readonly Indicator[],
  query: { datasetId: string; adjustment: Adjustment; maxPoints: number },
): Promise<DrawnStudy[]> {
  let colour = 0;
  let pane = 0;
  const drawn: DrawnStudy[] = [];
  for (const study of studies) {
    const definition = indicators.find(({ id }) => id === study.indicator);
    if (definition === undefined) continue;
    const { time, outputs } = await workstation().call('indicators.compute', {
      ...query,
      indicator: study.indicator,
      parameters: { ...study.parameters },
      start: null,
      end: null,
    });
    if (definition.pane === 'own') pane += 1;
    const lines = outputs.map(({ name, values }) => {
      colour += 1;
      return {
        key: `${titleOf(study)} ${name}`,
        label: name,
        colour: COLOURS[(colour - 1) % COLOURS.length] as string,
        pane: definition.pane === 'own' ? pane : 0,
        histogram: name === 'hist',
        time,
        values,
      };
    });
    drawn.push({ study, title: titleOf(study), lines });
  }
  return drawn;
}

/** Reads studies that were saved with the workspace. */
export function parseStudies(stored: unknown): readonly Study[] | undefined {
  if (!Array.isArray(stored)) return undefined;
  return stored.filter(
    (entry: unknown): entry is Study =>
      typeof entry === 'object' &&
      entry !== null &&
      typeof (entry as Study).indicator === 'string' &&
      typeof (entry as Study).parameters === 'object',
  );
}
