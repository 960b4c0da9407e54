import { AllCommunityModule, ModuleRegistry, themeQuartz } from 'ag-grid-community';

ModuleRegistry.registerModules([AllCommunityModule]);

/** Every grid takes its colours and sizes from the design tokens. */
export const GRID_THEME = themeQuartz.withParams({
  backgroundColor: 'var(--panel)',
  foregroundColor: 'var(--text)',
  headerBackgroundColor: 'var(--panel)',
  headerTextColor: 'var(--muted)',
  borderColor: 'var(--line)',
  rowHoverColor: 'var(--raised)',
  selectedRowBackgroundColor: 'var(--raised)',
  accentColor: 'var(--accent)',
  browserColorScheme: 'inherit',
  fontFamily: 'inherit',
  fontSize: 12,
  headerFontSize: 11,
  rowHeight: 24,
  headerHeight: 26,
  cellHorizontalPadding: 8,
  // Its filters are as dense as the forms.
  spacing: 5,
  inputHeight: 24,
  inputFocusShadow: 'none',
  popupShadow: '0 4px 16px #0005',
  menuTextColor: 'var(--text)',
  wrapperBorder: false,
  wrapperBorderRadius: 0,
});
