import type { ReactNode } from 'react';
import type { ResearchDetail, ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { useAnswer } from './use-research.ts';

type Details = { readonly [Each in ResearchDetail as Each['kind']]: Each };
/** Research whose findings come all at once, at its end. */
type Kind = Exclude<keyof Details, 'sweep'>;
type Findings<K extends Kind> = NonNullable<Details[K]['findings']>;

interface FinishedProps<K extends Kind> {
  readonly item: ResearchItem;
  readonly version: number;
  readonly kind: K;
  /** What is said while it is read, while it runs, and what can be done where it has ended early. */
  readonly reading: string;
  readonly running: string;
  readonly unfinished: string;
  readonly children: (findings: Findings<K>, detail: Details[K]) => ReactNode;
}

/** Shows the findings of research, or why there are none yet. */
export function Finished<K extends Kind>(props: FinishedProps<K>) {
  const { item, version, kind } = props;
  const running = item.state === 'running';
  const answer = useAnswer(
    'research.get',
    { researchId: item.id, offset: 0, limit: 0 },
    `${item.state} ${running ? 0 : version}`,
  );
  if (answer.error !== null) return <ErrorState error={answer.error} onRetry={answer.retry} />;
  const detail = answer.data?.detail;
  if (detail === undefined) return <Loading label={props.reading} />;
  if (detail.kind !== kind) return null;
  // That its kind is the one asked for says what it holds.
  const own = detail as Details[K];
  if (own.findings !== null) return props.children(own.findings, own);
  return running ? (
    <Loading label={props.running} />
  ) : (
    <EmptyState title="Not finished" hint={props.unfinished} />
  );
}
