import type { ImportPreview } from '../../../engine/protocol/schemas.ts';
import { SelectField } from '../../components/fields.tsx';
import {
  fileColumns,
  ROLES,
  unchosenLabel,
  withColumn,
  type ChosenColumns,
  type Role,
} from './import-columns.ts';

const LABELS: Record<Role, string> = {
  time: 'Time or date',
  clock: 'Clock, where it stands apart',
  open: 'Open',
  high: 'High',
  low: 'Low',
  close: 'Close',
  volume: 'Volume',
};

interface ColumnFieldsProps {
  readonly preview: ImportPreview;
  readonly chosen: ChosenColumns;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly onChange: (chosen: ChosenColumns) => void;
}

/** Says which column of a file is which, for files whose header does not. */
export function ColumnFields({ preview, chosen, open, onOpen, onChange }: ColumnFieldsProps) {
  const columns = fileColumns(preview);
  return (
    <details
      className="column-fields"
      open={open}
      onToggle={(event) => onOpen(event.currentTarget.open)}
    >
      <summary data-testid="import-columns">Columns</summary>
      <div className="grid-3">
        {ROLES.map((role) => (
          <SelectField
            key={role}
            label={LABELS[role]}
            testId={`import-column-${role}`}
            value={chosen[role] ?? ''}
            options={[
              { value: '', label: unchosenLabel(preview, role, chosen) },
              ...columns.map(({ value, label }) => ({ value, label })),
            ]}
            onChange={(value) => onChange(withColumn(chosen, role, value))}
          />
        ))}
      </div>
    </details>
  );
}
