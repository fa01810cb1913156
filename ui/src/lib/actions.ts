/** From an action of the panel to the command that carries it out, and the words for it. */
import { m } from '../paraglide/messages.js';
import type { Action, Command, MaxFee, OrderKey } from './core';

export const ACTION_WORDS: Record<Action, () => string> = {
  dispatch: m.action_dispatch,
  dispatch_again: m.action_dispatch_again,
  withdraw: m.action_withdraw,
  edit: m.action_edit,
  delete: m.action_delete,
  cancel: m.action_cancel,
  look_again: m.action_look_again,
  adopt: m.action_adopt,
  release: m.action_release,
  close: m.action_close,
};

/** These are taken back by nothing, so they are asked once more. */
export const ASKED: Action[] = ['delete', 'cancel', 'dispatch_again', 'release', 'close'];

/** These ask for a reason, which the log keeps. */
export const REASONED: Action[] = ['adopt', 'release', 'close'];

interface HowToDispatch {
  again: boolean;
  despite: string[];
  /** The price that a person saw. */
  agreed: MaxFee | null;
}

export function dispatchOf(
  orders: OrderKey[],
  { again = false, despite = [], agreed = null }: Partial<HowToDispatch> = {},
): Command {
  return { command: 'dispatch', orders, all: false, account: null, again, despite, max_fee: agreed };
}

const NOTHING_SHOWN = { candidates: [], presence: false };

/** The command of an action; `null` for those that need more than a click. */
export function commandOf(
  action: Action,
  order: OrderKey,
  reason: string | null,
  agreed: MaxFee | null = null,
): Command | null {
  switch (action) {
    case 'dispatch':
      return dispatchOf([order], { agreed });
    case 'dispatch_again':
      return dispatchOf([order], { again: true, agreed });
    case 'withdraw':
      return { command: 'withdraw', orders: [order] };
    case 'delete':
      return { command: 'delete', order };
    case 'cancel':
      return { command: 'cancel', order };
    case 'look_again':
      return { command: 'look_again', order };
    case 'release':
      // The panel shows no evidence side by side: a case that has some is decided in review.
      return { command: 'decide', order, decision: { decision: 'release' }, reason, shown: NOTHING_SHOWN };
    case 'close':
      return { command: 'decide', order, decision: { decision: 'close' }, reason, shown: NOTHING_SHOWN };
    case 'adopt':
    case 'edit':
      return null;
  }
}
