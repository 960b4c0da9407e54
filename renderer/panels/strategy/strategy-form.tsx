import type { ReactNode } from 'react';
import { Plain, Rule, SectionNote, useForm } from './form-context.tsx';
import { Constraints, NamedExpressions, ParameterTable } from './rows.tsx';
import { Filters, Orders, Sizing, Stops } from './trading.tsx';

const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d', '1w'];

function Section({
  title,
  hint,
  wide = false,
  children,
}: {
  readonly title: string;
  readonly hint?: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className={wide ? 'form-section wide' : 'form-section'} aria-label={title}>
      <h4>
        {title} {hint === undefined ? null : <span className="muted">{hint}</span>}
      </h4>
      {children}
    </section>
  );
}

/** A rule document as a form. */
export function StrategyForm() {
  const { draft, change, readOnly } = useForm();
  return (
    <fieldset className="strategy-form" disabled={readOnly} aria-label="Rules">
      <Section title="About" wide>
        <div className="about">
          <Plain
            field="name"
            label="Name"
            placeholder="What it is called"
            value={draft.name}
            onChange={(name) => change({ name })}
          />
          <Plain
            field="timeframe"
            label="Bars"
            placeholder="any"
            list={TIMEFRAMES}
            value={draft.timeframe}
            onChange={(timeframe) => change({ timeframe })}
          />
          <Plain
            field="instruments"
            label="Instruments"
            placeholder="any"
            value={draft.instruments}
            onChange={(instruments) => change({ instruments })}
          />
          <Plain
            field="description"
            label="Description"
            placeholder="What it waits for, and why it should work"
            value={draft.description}
            onChange={(description) => change({ description })}
          />
        </div>
      </Section>
      <Section title="Entry" hint="on the close of a bar">
        <Rule
          field="entry.long"
          label="Buy when"
          placeholder="crossover(sma(close, 10), sma(close, 30))"
          value={draft.entryLong}
          onChange={(entryLong) => change({ entryLong })}
        />
        <Rule
          field="entry.short"
          label="Sell short when"
          placeholder="never"
          value={draft.entryShort}
          onChange={(entryShort) => change({ entryShort })}
        />
        <SectionNote field="entry" />
      </Section>
      <Section title="Exit" hint="besides stops and targets">
        <Rule
          field="exit.long"
          label="Leave a long position when"
          placeholder="crossunder(sma(close, 10), sma(close, 30))"
          value={draft.exitLong}
          onChange={(exitLong) => change({ exitLong })}
        />
        <Rule
          field="exit.short"
          label="Leave a short position when"
          placeholder="never"
          value={draft.exitShort}
          onChange={(exitShort) => change({ exitShort })}
        />
        <SectionNote field="exit" />
      </Section>
      <Section title="Parameters" hint="numbers that forms and sweeps change">
        <ParameterTable />
      </Section>
      <Section title="Definitions" hint="names for expressions">
        <NamedExpressions list="define" what="Definition" placeholder="sma(close, fast)" />
      </Section>
      <Section title="Stops and targets">
        <Stops />
      </Section>
      <Section title="Size and orders">
        <Sizing />
        <Orders />
      </Section>
      <Section title="Filters" hint="for entries">
        <Filters />
      </Section>
      <Section title="Constraints and plots">
        <Constraints />
        <NamedExpressions list="plot" what="Plot" placeholder="sma(close, slow)" />
      </Section>
    </fieldset>
  );
}
