/** OpenAlgo's names of Kite's indices, where they differ. */

/** The same without spaces. An index that is not in this list keeps its own. */
const WITHOUT_SPACES = [
  ...['NIFTY 100', 'NIFTY 200', 'NIFTY 500', 'NIFTY ALPHA 50', 'NIFTY AUTO', 'NIFTY COMMODITIES'],
  ...['NIFTY CONSUMPTION', 'NIFTY CPSE', 'NIFTY DIV OPPS 50', 'NIFTY ENERGY', 'NIFTY FMCG'],
  ...['NIFTY GROWSECT 15', 'NIFTY INFRA', 'NIFTY IT', 'NIFTY MEDIA', 'NIFTY METAL', 'NIFTY MNC'],
  ...['NIFTY PHARMA', 'NIFTY PSE', 'NIFTY PSU BANK', 'NIFTY PVT BANK', 'NIFTY REALTY'],
  ...['NIFTY SERV SECTOR', 'NIFTY MID LIQ 15', 'NIFTY MIDCAP 50', 'NIFTY MIDCAP 100', 'NIFTY MIDCAP 150'],
  ...['NIFTY MIDSML 400', 'NIFTY SMLCAP 50', 'NIFTY SMLCAP 100', 'NIFTY SMLCAP 250'],
  ...['NIFTY100 EQL WGT', 'NIFTY100 LIQ 15', 'NIFTY100 LOWVOL30', 'NIFTY100 QUALTY30'],
  ...['NIFTY200 QUALTY30', 'NIFTY50 DIV POINT', 'NIFTY50 EQL WGT', 'NIFTY50 PR 1X INV'],
  ...['NIFTY50 PR 2X LEV', 'NIFTY50 TR 1X INV', 'NIFTY50 TR 2X LEV', 'NIFTY50 VALUE 20'],
  ...['NIFTY GS 10YR', 'NIFTY GS 10YR CLN', 'NIFTY GS 11 15YR', 'NIFTY GS 15YRPLUS', 'NIFTY GS 4 8YR'],
  ...['NIFTY GS 8 13YR', 'NIFTY GS COMPSITE'],
] as const;

/** Rows of any exchange, by their whole symbol. */
const EVERYWHERE: ReadonlyMap<string, string> = new Map([
  ['NIFTY 50', 'NIFTY'],
  ['NIFTY NEXT 50', 'NIFTYNXT50'],
  ['NIFTY FIN SERVICE', 'FINNIFTY'],
  ['NIFTY BANK', 'BANKNIFTY'],
  ['NIFTY MID SELECT', 'MIDCPNIFTY'],
  ['INDIA VIX', 'INDIAVIX'],
  ['HANGSENG BEES NAV', 'HANGSENGBEESNAV'],
  ...WITHOUT_SPACES.map((name) => [name, name.replaceAll(' ', '')] as const),
]);

const BSE_INDEX: ReadonlyMap<string, string> = new Map([
  ['SNSX50', 'SENSEX50'],
  ['SNXT50', 'BSESENSEXNEXT50'],
  ['MID150', 'BSE150MIDCAPINDEX'],
  ['LMI250', 'BSE250LARGEMIDCAPINDEX'],
  ['MSL400', 'BSE400MIDSMALLCAPINDEX'],
  ['BSE CG', 'BSECAPITALGOODS'],
  ['CARBON', 'BSECARBONEX'],
  ['BSE CD', 'BSECONSUMERDURABLES'],
  ['DOL30', 'BSEDOLLEX30'],
  ['DOL100', 'BSEDOLLEX100'],
  ['DOL200', 'BSEDOLLEX200'],
  ['BSEFMC', 'BSEFASTMOVINGCONSUMERGOODS'],
  ['FINSER', 'BSEFINANCIALSERVICES'],
  ['GREENX', 'BSEGREENEX'],
  ['BSE HC', 'BSEHEALTHCARE'],
  ['INFRA', 'BSEINDIAINFRASTRUCTUREINDEX'],
  ['INDSTR', 'BSEINDUSTRIALS'],
  ['BSE IT', 'BSEINFORMATIONTECHNOLOGY'],
  ['LRGCAP', 'BSELARGECAP'],
  ['MIDSEL', 'BSEMIDCAPSELECTINDEX'],
  ['OILGAS', 'BSEOIL&GAS'],
  ['SMLCAP', 'BSESMALLCAP'],
  ['SMLSEL', 'BSESMALLCAPSELECTINDEX'],
  ['SMEIPO', 'BSESMEIPO'],
  ['TELCOM', 'BSETELECOM'],
  ...['AUTO', 'CPSE', 'ENERGY', 'METAL', 'MIDCAP', 'POWER', 'REALTY', 'TECK'].map(
    (name) => [name, `BSE${name}`] as const,
  ),
]);

const GLOBAL_INDEX: ReadonlyMap<string, string> = new Map([['GIFT NIFTY', 'GIFTNIFTY']]);

const BY_EXCHANGE: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['BSE_INDEX', BSE_INDEX],
  ['GLOBAL_INDEX', GLOBAL_INDEX],
]);

/** OpenAlgo's name of a symbol on one of its exchanges. */
export function renamedSymbol(symbol: string, exchange: string): string {
  const name = EVERYWHERE.get(symbol) ?? symbol;
  return BY_EXCHANGE.get(exchange)?.get(name) ?? name;
}
