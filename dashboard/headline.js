/** The four questions of who runs this, each answered in one glance: a word, a mark and a colour, and figures behind them. */
import { find } from './elements.js';
import { setText } from './keyed-rows.js';
import { LossWatch } from './loss-watch.js';
import { judgeAlive, judgeLate, judgeLost, judgeSlow, UNKNOWN } from './verdicts.js';

/**
 * @import { EngineView } from '../src/main/ops/engine-view.ts'
 * @import { Verdict } from './verdicts.js'
 */

const losses = new LossWatch();

/** @param {EngineView} view */
export function showHeadline(view) {
  losses.take(view);
  show('alive', judgeAlive(view));
  show('late', judgeLate(view));
  show('slow', judgeSlow(view));
  show('lost', judgeLost(view, losses));
}

/** Nothing is known any more: an old answer would be read as one of now. */
export function showNoHeadline() {
  for (const question of ['alive', 'late', 'slow', 'lost']) show(question, UNKNOWN);
}

/** @param {string} question @param {Verdict} verdict */
function show(question, { state, word, detail }) {
  const card = find(`[data-question=${question}]`);
  card.dataset.state = state;
  setText(find('.word', HTMLElement, card), word);
  setText(find('.detail', HTMLElement, card), detail);
}
