import * as signals from 'trading-signals';
import type { ParameterValues } from '../../../engine/domain/parameters.ts';
import type { Candle, PlainBars, Rival } from './rival.ts';

interface Adds<Input> {
  add(input: Input): unknown;
}

/** Its indicators take one value at a time; a column is a loop over them. */
function each<Input>(make: () => Adds<Input>, inputs: (bars: PlainBars) => readonly Input[]) {
  return (bars: PlainBars): unknown[] => {
    const indicator = make();
    return inputs(bars).map((input) => indicator.add(input));
  };
}

type Row<Input> = readonly [
  id: string,
  name: string,
  parameters: ParameterValues,
  make: () => Adds<Input>,
  keys?: readonly string[],
  differs?: string,
];

function rivals<Input>(
  rows: readonly Row<Input>[],
  inputs: (bars: PlainBars) => readonly Input[],
): Rival[] {
  return rows.map(([id, name, parameters, make, keys = [], differs]) => ({
    package: 'trading-signals',
    id,
    name,
    parameters,
    compute: each(make, inputs),
    keys,
    ...(differs === undefined ? {} : { differs }),
  }));
}

const BANDS = ['upper', 'middle', 'lower'] as const;

const OF_CLOSES: readonly Row<number>[] = [
  ['sma', 'SMA', {}, () => new signals.SMA(30)],
  ['ema', 'EMA', {}, () => new signals.EMA(30)],
  ['wma', 'WMA', {}, () => new signals.WMA(30)],
  ['smma', 'WSMA', {}, () => new signals.WSMA(7)],
  ['dema', 'DEMA', {}, () => new signals.DEMA(30)],
  ['tema', 'TEMA', {}, () => new signals.TEMA(30)],
  ['trima', 'TRIMA', {}, () => new signals.TRIMA(30)],
  ['t3', 'T3', {}, () => new signals.T3(5)],
  ['hma', 'HMA', {}, () => new signals.HMA(9)],
  ['alma', 'ALMA', {}, () => new signals.ALMA(9)],
  ['zlema', 'ZLEMA', {}, () => new signals.ZLEMA(20)],
  ['super_smoother', 'SuperSmoother', {}, () => new signals.SuperSmoother(10)],
  ['mama', 'MAMA', {}, () => new signals.MAMA(), ['mama', 'fama']],
  [
    'macd',
    'MACD',
    {},
    () => new signals.MACD(new signals.EMA(12), new signals.EMA(26), new signals.EMA(9)),
    ['macd', 'signal', 'histogram'],
  ],
  ['rsi', 'RSI', {}, () => new signals.RSI(14)],
  ['mom', 'MOM', {}, () => new signals.MOM(10)],
  ['roc', 'ROC', {}, () => new signals.ROC(10), [], 'a fraction, TA-Lib’s in percent'],
  ['apo', 'APO', { matype: 1 }, () => new signals.APO()],
  ['ppo', 'PPO', { matype: 1 }, () => new signals.PPO()],
  ['cmo', 'CMO', {}, () => new signals.CMO(14), [], 'sums, TA-Lib’s by Wilder’s averages'],
  [
    'trix',
    'TRIX',
    {},
    () => new signals.TRIX(30),
    [],
    'divides by the new average, not the one before',
  ],
  ['bbands', 'BollingerBands', { timeperiod: 20 }, () => new signals.BollingerBands(20), BANDS],
  ['bb_percent_b', 'PercentB', {}, () => new signals.PercentB()],
  ['tsf', 'LinearRegression', {}, () => new signals.LinearRegression(14), ['prediction']],
  ['kst', 'KST', {}, () => new signals.KST()],
  ['tsi', 'TSI', {}, () => new signals.TSI()],
  ['coppock', 'CoppockCurve', {}, () => new signals.CoppockCurve()],
  ['dpo', 'DPO', {}, () => new signals.DPO(), [], 'an older price less the newest average'],
  ['disparity_index', 'DisparityIndex', {}, () => new signals.DisparityIndex()],
  ['vhf', 'VHF', {}, () => new signals.VHF()],
  [
    'laguerre_rsi',
    'LaguerreRSI',
    {},
    () => new signals.LaguerreRSI(),
    [],
    'from 0 to 1, ours to 100',
  ],
  ['rci', 'RCI', {}, () => new signals.RCI()],
  ['psychological_line', 'PSL', {}, () => new signals.PSL()],
  ['pmo', 'PMO', {}, () => new signals.PMO(), ['pmo', 'signal']],
  ['ulcer_index', 'UlcerIndex', {}, () => new signals.UlcerIndex()],
  ['ht_trendline', 'HTTrendline', {}, () => new signals.HTTrendline()],
];

const OF_CANDLES: readonly Row<Candle>[] = [
  [
    'stoch',
    'StochasticOscillator',
    {},
    () => new signals.StochasticOscillator({ kPeriod: 5, kSlowingPeriod: 3, dPeriod: 3 }),
    ['stochK', 'stochD'],
  ],
  ['willr', 'WilliamsR', {}, () => new signals.WilliamsR(14)],
  ['cci', 'CCI', {}, () => new signals.CCI(14)],
  ['adx', 'ADX', {}, () => new signals.ADX(14)],
  ['dx', 'DX', {}, () => new signals.DX(14)],
  ['adxr', 'ADXR', {}, () => new signals.ADXR(14)],
  ['aroon', 'Aroon', {}, () => new signals.Aroon(14), ['aroonDown', 'aroonUp']],
  ['bop', 'BOP', {}, () => new signals.BOP()],
  ['mfi', 'MFI', {}, () => new signals.MFI(14)],
  ['imi', 'IMI', {}, () => new signals.IMI(14)],
  ['ultosc', 'UltimateOscillator', {}, () => new signals.UltimateOscillator()],
  ['atr', 'ATR', {}, () => new signals.ATR(14)],
  ['natr', 'NATR', {}, () => new signals.NATR(14)],
  ['trange', 'TR', {}, () => new signals.TR()],
  ['accbands', 'AccelerationBands', {}, () => new signals.AccelerationBands(20, 4), BANDS],
  ['obv', 'OBV', {}, () => new signals.OBV(14), [], 'starts at 0, TA-Lib’s at the first volume'],
  ['ad', 'AD', {}, () => new signals.AD()],
  ['adosc', 'ADOSC', {}, () => new signals.ADOSC()],
  ['cmf', 'CMF', {}, () => new signals.CMF(20)],
  ['force_index', 'ForceIndex', {}, () => new signals.ForceIndex(13)],
  ['ease_of_movement', 'EMV', {}, () => new signals.EMV(14)],
  ['awesome', 'AO', {}, () => new signals.AO(5, 34)],
  ['accelerator', 'AC', {}, () => new signals.AC(5, 34, 5)],
  ['mass_index', 'MassIndex', {}, () => new signals.MassIndex()],
  ['vortex', 'VortexIndicator', {}, () => new signals.VortexIndicator(), ['plus', 'minus']],
  ['donchian', 'DonchianChannels', {}, () => new signals.DonchianChannels(20), BANDS],
  ['keltner', 'KeltnerChannels', {}, () => new signals.KeltnerChannels(), BANDS],
  ['chandelier', 'ChandelierExit', {}, () => new signals.ChandelierExit(), ['long', 'short']],
  ['elder_ray', 'ElderRay', {}, () => new signals.ElderRay(), ['bullPower', 'bearPower']],
  ['choppiness', 'CHOP', {}, () => new signals.CHOP()],
  ['qstick', 'Qstick', {}, () => new signals.Qstick()],
  ['pgo', 'PGO', {}, () => new signals.PGO(), [], 'smooths Wilder’s range once more'],
  ['supertrend', 'SuperTrend', {}, () => new signals.SuperTrend(), ['supertrend']],
  ['williams_ad', 'WAD', {}, () => new signals.WAD()],
  ['wave_trend', 'WaveTrend', {}, () => new signals.WaveTrend(), ['wt1', 'wt2']],
  ['vwma', 'VWMA', {}, () => new signals.VWMA(20)],
  [
    'relative_vigor_index',
    'RelativeVigorIndex',
    {},
    () => new signals.RelativeVigorIndex(),
    ['rvgi', 'signal'],
  ],
  [
    'market_facilitation_index',
    'MarketFacilitationIndex',
    {},
    () => new signals.MarketFacilitationIndex(),
  ],
  ['smi', 'SMI', {}, () => new signals.SMI()],
  ['pvt', 'PVT', {}, () => new signals.PVT()],
  ['chaikin_volatility', 'CVI', {}, () => new signals.CVI()],
];

/** trading-signals 8. */
export const TRADING_SIGNALS: readonly Rival[] = [
  ...rivals(OF_CLOSES, (bars) => bars.close),
  ...rivals(OF_CANDLES, (bars) => bars.candles),
];
