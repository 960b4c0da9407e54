import { WEEKDAYS } from '../../../engine/protocol/strategy-document.ts';
import { SelectField } from '../../components/fields.tsx';
import type { DistanceDraft, SizeKind } from './draft.ts';
import { Plain, Rule, SectionNote, useForm } from './form-context.tsx';

type StopName = 'stopLoss' | 'takeProfit' | 'trailing';

const STOPS: readonly (readonly [name: StopName, label: string])[] = [
  ['stopLoss', 'Stop loss'],
  ['takeProfit', 'Take profit'],
  ['trailing', 'Trailing stop'],
];
const DISTANCES: readonly { readonly value: DistanceDraft['kind']; readonly label: string }[] = [
  { value: 'none', label: 'None' },
  { value: 'percent', label: '% of the entry' },
  { value: 'atr', label: '× average true range' },
  { value: 'price', label: 'At a price' },
];

/** Stops, target and the longest time in a trade. */
export function Stops() {
  const { draft, change } = useForm();
  return (
    <>
      {STOPS.map(([name, label]) => (
        <Distance
          key={name}
          name={name}
          label={label}
          value={draft[name]}
          onChange={(value) => change({ [name]: value })}
        />
      ))}
      <div className="amounts">
        <Rule
          field="stops.timeStop"
          label="Time stop, bars"
          placeholder="none"
          value={draft.timeStop}
          onChange={(timeStop) => change({ timeStop })}
        />
      </div>
      <SectionNote field="stops" />
    </>
  );
}

function Distance({
  name,
  label,
  value,
  onChange,
}: {
  readonly name: StopName;
  readonly label: string;
  readonly value: DistanceDraft;
  readonly onChange: (value: DistanceDraft) => void;
}) {
  const set = (part: Partial<DistanceDraft>): void => onChange({ ...value, ...part });
  const amount = (part: keyof DistanceDraft, title: string, placeholder: string) => (
    <Rule
      field={`stops.${name}.${part}`}
      label={title}
      placeholder={placeholder}
      value={value[part]}
      onChange={(text) => set({ [part]: text })}
    />
  );
  return (
    <div className="amounts">
      <SelectField
        label={label}
        value={value.kind}
        options={DISTANCES}
        testId={`strategy-${name}`}
        onChange={(kind) => set({ kind })}
      />
      {value.kind === 'percent' ? amount('percent', 'Percent', '5') : null}
      {value.kind === 'atr' ? (
        <>
          {amount('atr', 'Multiple', '2')}
          {amount('period', 'Bars', '14')}
        </>
      ) : null}
      {value.kind === 'price' ? (
        <div className="prices">
          {amount('long', 'Price, long', 'lowest(low, 10)')}
          {amount('short', 'Price, short', 'highest(high, 10)')}
          {amount('price', 'Price, both sides', '')}
        </div>
      ) : null}
      <SectionNote field={`stops.${name}`} />
    </div>
  );
}

const SIZES: readonly { readonly value: SizeKind; readonly label: string }[] = [
  { value: 'run', label: 'As the run says' },
  { value: 'all', label: 'All equity' },
  { value: 'percent', label: '% of equity' },
  { value: 'quantity', label: 'Units' },
  { value: 'notional', label: 'Value' },
  { value: 'riskPercent', label: '% at risk to the stop' },
  { value: 'volatilityTarget', label: '% yearly volatility' },
];

/** How much is bought or sold. */
export function Sizing() {
  const { draft, change } = useForm();
  const { sizing } = draft;
  const set = (part: Partial<typeof sizing>): void => change({ sizing: { ...sizing, ...part } });
  const amount = (part: Exclude<keyof typeof sizing, 'kind'>, label: string, hint: string) => (
    <Rule
      field={`sizing.${part}`}
      label={label}
      placeholder={hint}
      value={sizing[part]}
      onChange={(text) => set({ [part]: text })}
    />
  );
  const volatility = sizing.kind === 'volatilityTarget';
  return (
    <div className="amounts">
      <SelectField
        label="Size"
        value={sizing.kind}
        options={SIZES}
        testId="strategy-size"
        onChange={(kind) => set({ kind })}
      />
      {sizing.kind === 'run' || sizing.kind === 'all' ? null : amount('amount', 'Amount', '10')}
      {volatility ? amount('lookback', 'Bars', '20') : null}
      {volatility ? amount('periodsPerYear', 'Bars a year', '252') : null}
      {volatility || sizing.kind === 'riskPercent'
        ? amount('maxPercent', 'At most, %', '95')
        : null}
      {volatility ? amount('rebalance', 'Trade back at, %', 'never') : null}
      <SectionNote field="sizing" />
    </div>
  );
}

/** How entries are ordered. */
export function Orders() {
  const { draft, change } = useForm();
  const { order } = draft;
  const set = (part: Partial<typeof order>): void => change({ order: { ...order, ...part } });
  const price = (part: 'price' | 'long' | 'short', label: string, hint: string) => (
    <Rule
      field={`order.${part}`}
      label={label}
      placeholder={hint}
      value={order[part]}
      onChange={(text) => set({ [part]: text })}
    />
  );
  return (
    <div className="amounts">
      <SelectField
        label="Entry order"
        value={order.type}
        options={[
          { value: 'market', label: 'Market' },
          { value: 'limit', label: 'Limit' },
          { value: 'stop', label: 'Stop' },
        ]}
        onChange={(type) => set({ type })}
      />
      {order.type === 'market' ? null : (
        <>
          <div className="prices">
            {price('long', 'Price, long', 'close * 0.99')}
            {price('short', 'Price, short', 'close * 1.01')}
            {price('price', 'Price, both sides', '')}
          </div>
          <SelectField
            label="Works"
            value={order.timeInForce}
            options={[
              { value: '', label: 'default' },
              { value: 'bar', label: 'one bar' },
              { value: 'gtc', label: 'until filled' },
            ]}
            onChange={(timeInForce) => set({ timeInForce })}
          />
        </>
      )}
      <SectionNote field="order" />
      <SectionNote field="order.timeInForce" />
    </div>
  );
}

/** When entries are taken at all. */
export function Filters() {
  const { draft, change, readOnly } = useForm();
  const { filters } = draft;
  const set = (part: Partial<typeof filters>): void => change({ filters: { ...filters, ...part } });
  return (
    <>
      <Rule
        field="filters.when"
        label="Only while"
        placeholder="close > sma(close, 200)"
        value={filters.when}
        onChange={(when) => set({ when })}
      />
      <div className="amounts">
        <Plain
          field="filters.session"
          label="Hours"
          placeholder="09:30-16:00"
          value={filters.session}
          onChange={(session) => set({ session })}
        />
        <Plain
          field="filters.maxOpen"
          label="Open entries"
          placeholder="1"
          value={filters.maxOpen}
          onChange={(maxOpen) => set({ maxOpen })}
        />
        <Rule
          field="filters.cooldown"
          label="Bars after an exit"
          placeholder="0"
          value={filters.cooldown}
          onChange={(cooldown) => set({ cooldown })}
        />
        <div className="field">
          <span className="label">Weekdays</span>
          <div className="weekdays" role="group" aria-label="Weekdays">
            {WEEKDAYS.map((day) => {
              const on = filters.weekdays.includes(day);
              return (
                <button
                  key={day}
                  type="button"
                  className="weekday"
                  aria-pressed={on}
                  aria-label={day}
                  disabled={readOnly}
                  onClick={() =>
                    set({
                      weekdays: on
                        ? filters.weekdays.filter((each) => each !== day)
                        : [...filters.weekdays, day],
                    })
                  }
                >
                  {day.slice(0, 2)}
                </button>
              );
            })}
          </div>
        </div>
      </div>
      <SectionNote field="filters" />
    </>
  );
}
