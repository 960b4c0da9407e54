import { Check, CircleAlert, Info, LineChart, OctagonX, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { RenataError, toErrorPayload } from '../../../engine/domain/errors.ts';
import type {
  AuditFindings,
  AuditRequest,
  ResearchItem,
} from '../../../engine/protocol/research-schemas.ts';
import { openPanel, showPlace, useWorkstation, workstation } from '../../client/store.ts';
import { formatCount, formatQuantity, formatTime } from '../../components/format.ts';
import { requestKey } from './combination.ts';
import { Finished } from './finished.tsx';
import { deflatedText, durationText } from './texts.ts';

type Finding = AuditFindings['findings'][number];

const SEVERITIES = {
  fatal: { title: 'Fatal', icon: OctagonX },
  serious: { title: 'Serious', icon: CircleAlert },
  warning: { title: 'Warning', icon: TriangleAlert },
  note: { title: 'Note', icon: Info },
} as const;

const GRADES = {
  A: 'Nothing was found that makes the result better than life.',
  B: 'One thing makes the result a little better than life.',
  C: 'Several things, or a serious one, make the result better than life.',
  D: 'Several serious things make the result doubtful.',
  F: 'The result is worth nothing as it stands.',
} as const;

/** Evidence that counts bars from 0, and so has a place on the chart. */
const PLACES = new Set(['bar', 'cut', 'start']);
/** Bars that are read to find the time of one; more than any dataset of daily bars has. */
const MOST_BARS = 100_000;

/** What makes a backtest better than life, with the numbers behind each finding. */
export function AuditView({
  item,
  version,
}: {
  readonly item: ResearchItem;
  readonly version: number;
}) {
  return (
    <Finished
      item={item}
      version={version}
      kind="audit"
      reading="Reading the audit …"
      running="Running the strategy again and again …"
      unfinished="Start it again from the form."
    >
      {(findings, { request }) => <AuditResult findings={findings} request={request} />}
    </Finished>
  );
}

function AuditResult({
  findings,
  request,
}: {
  readonly findings: AuditFindings;
  readonly request: AuditRequest;
}) {
  return (
    <div className="audit" data-testid="audit-view">
      <header className="audit-grade">
        <strong className={`grade grade-${findings.grade}`} data-testid="audit-grade">
          {findings.grade}
        </strong>
        <div>
          <h3>{GRADES[findings.grade]}</h3>
          <p className="muted">
            {countsText(findings)} · {durationText(findings.seconds)}
            {findings.deflated === null ? '' : ` · ${deflatedText(findings.deflated)}`}
          </p>
        </div>
      </header>
      <ul className="audit-findings">
        {findings.findings.map((finding) => (
          <FindingRow
            key={`${finding.check} ${finding.message}`}
            finding={finding}
            request={request}
          />
        ))}
      </ul>
      <h4>Passed</h4>
      <ul className="audit-passed">
        {findings.passed.map((check) => (
          <li key={check}>
            <Check size={12} aria-hidden /> {checkText(check)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function FindingRow({ finding, request }: { finding: Finding; request: AuditRequest }) {
  const { check, severity, message, evidence } = finding;
  const { title, icon: Icon } = SEVERITIES[severity];
  const [failure, setFailure] = useState<string | null>(null);
  const place = Object.entries(evidence).find(
    ([name, value]) => PLACES.has(name) && typeof value === 'number',
  );
  const show = async (): Promise<void> => {
    try {
      const time = await timeOfBar(request.run, place?.[1] as number);
      openPanel('chart');
      showPlace(time, time);
      setFailure(null);
    } catch (error) {
      setFailure(toErrorPayload(error).message);
    }
  };
  return (
    <li className={`finding ${severity}`}>
      <span className="finding-severity">
        <Icon size={14} aria-hidden /> {title}
      </span>
      <div>
        <strong>{checkText(check)}</strong>
        <p>{message}</p>
        <p className="finding-evidence">
          {Object.entries(evidence).map(([name, value]) => (
            <span key={name}>
              <span className="muted">{words(name)}</span>{' '}
              {typeof value === 'number' ? formatQuantity(value) : value}
            </span>
          ))}
          {place === undefined ? null : (
            <button type="button" className="link" onClick={() => void show()}>
              <LineChart size={12} aria-hidden /> Show bar {formatCount(place[1] as number)} on the
              chart
            </button>
          )}
        </p>
        {failure === null ? null : (
          <p className="note wrong" role="alert">
            {failure}
          </p>
        )}
      </div>
    </li>
  );
}

/** `look-ahead` is a text, `barsAhead` too. */
function words(name: string): string {
  return name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

function checkText(check: string): string {
  const text = check.replaceAll('-', ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function countsText({ findings, passed }: AuditFindings): string {
  const faults = findings.filter(({ severity }) => severity !== 'note').length;
  const notes = findings.length - faults;
  const part = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;
  return `${part(faults, 'fault')}, ${part(notes, 'note')}, ${part(passed.length, 'check')} passed`;
}

/**
 * The time of a bar of a run. The run of the report has it at hand; otherwise the bars are read.
 * @throws RenataError when the bar cannot be found any more
 */
async function timeOfBar(run: AuditRequest['run'], bar: number): Promise<number> {
  const { run: shown } = useWorkstation.getState();
  if (shown !== null && requestKey(shown.summary.request) === requestKey(run)) {
    const time = shown.time[bar];
    if (time !== undefined) return time;
  }
  const { datasetId, start, end, adjustment } = run;
  const { bars, totalBars } = await workstation().call('data.bars', {
    datasetId,
    start,
    end,
    adjustment,
    maxPoints: MOST_BARS,
  });
  const time = bars.time[bar - (totalBars - bars.time.length)];
  if (time !== undefined) return time;
  throw new RenataError(
    'NOT_FOUND',
    `Bar ${bar} is too far back to be looked up; open its run in the report first. The first bar at hand is of ${formatTime(bars.time[0] ?? Number.NaN)}.`,
  );
}
