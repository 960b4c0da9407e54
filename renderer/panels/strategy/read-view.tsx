import type { Strategy } from '../../client/store.ts';

interface ReadViewProps {
  readonly strategy: Strategy;
  readonly text: string | null;
  /** The user's folder; null while it is not known. */
  readonly directory: string | null;
}

/** A strategy that is changed elsewhere or not at all: code, and those of the program itself. */
export function ReadView({ strategy, text, directory }: ReadViewProps) {
  const { kind, description, source, instruments, timeframe, parameters, error, file } = strategy;
  return (
    <article className="read-view" data-testid="strategy-read" aria-label={strategy.title}>
      {error === null ? null : (
        <p className="read-error" role="alert">
          {error.message}
        </p>
      )}
      {description === '' ? null : <p>{description}</p>}
      <dl className="facts">
        <Fact name="Kind" value={kindText(strategy)} />
        {file === null ? null : <Fact name="File" value={file} />}
        {kind === 'code' && directory !== null ? (
          <Fact name="Your folder" value={directory} />
        ) : null}
        {kind === 'code' ? (
          <Fact
            name="Runs"
            value={strategy.trusted ? 'as it is: you trust this file' : 'in the sandbox'}
          />
        ) : null}
        {source === null ? null : <Fact name="Source" value={source} />}
        {instruments.length === 0 ? null : <Fact name="Made for" value={instruments.join(', ')} />}
        {timeframe === null ? null : <Fact name="Bars" value={timeframe} />}
      </dl>
      <Parameters parameters={parameters} />
      {kind === 'code' ? (
        <p className="muted">
          Code is changed in your own editor; the list follows when you come back to this window.
        </p>
      ) : null}
      {text === null ? null : <Listing text={text} wrongLine={error?.line ?? null} />}
    </article>
  );
}

function kindText({ kind, origin }: Strategy): string {
  if (kind === 'code') return origin === 'example' ? 'Example in TypeScript' : 'TypeScript';
  return kind === 'rules' ? 'Rules' : 'Part of Renata';
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Parameters({ parameters }: Pick<Strategy, 'parameters'>) {
  if (parameters.length === 0) return null;
  return (
    <table className="read-parameters">
      <thead>
        <tr>
          <th scope="col">Parameter</th>
          <th scope="col" className="num">
            Default
          </th>
          <th scope="col">Range</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {parameters.map((parameter) => (
          <tr key={parameter.name}>
            <th scope="row">{parameter.name}</th>
            <td className="num">{String(parameter.default)}</td>
            <td>
              {'min' in parameter
                ? `${parameter.min} to ${parameter.max}`
                : 'choices' in parameter
                  ? parameter.choices.join(', ')
                  : 'yes or no'}
            </td>
            <td>{parameter.description}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Listing({ text, wrongLine }: { text: string; wrongLine: number | null }) {
  return (
    <pre className="listing" data-testid="strategy-source">
      {text.split('\n').map((line, i) => (
        <span key={i} className={i + 1 === wrongLine ? 'wrong' : ''}>
          {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
