"""Whether scores fall short in the way that a model held back makes them, and what that costs."""

from __future__ import annotations

from ladder_widgets.checks._collapse import COARSE, Best, Shortfall

__all__ = ["QUARTER", "costs", "way"]

#: Slope from which scores are timid, and its lower end; from where a smaller loss counts; and from
#: where it needs no worse ranking or labels.
TIMID, TIMID_LOW = 1.5, 1.2
VERY_TIMID, EXTREMELY_TIMID = 2.0, 8.0
#: Spread of the log odds, in units of the reference's, below which scores are pressed flat.
PRESSED = 0.1
#: Share of what the reference tells up to which a model gives away enough, all but nothing, nothing.
TWO_THIRDS, HALF, QUARTER, IDLE = 0.65, 0.5, 0.25, 0.1
#: Standard errors of the rows by which the reference must lead, also where the scores tell nothing.
LEAD, LEAD_IDLE = 3.0, 2.0
#: Share of a dummy's loss that the reference must take away for there to be anything to lose.
WORTH = 0.01
#: Share of one label from which bare labels have collapsed, and scores that are noise.
COLLAPSED, MOSTLY = 0.95, 0.9


def way(own: Shortfall, best: Best) -> str | None:
    """Say in which way the scores fall short; None if they do not.

    Parameters
    ----------
    own : Shortfall
        The model's scores.
    best : Best
        The reference that tells most.
    """
    if own.constant:
        return "gives every row the same score"
    if own.distinct <= COARSE:
        coarse = best.harm and (not own.labels or own.majority >= COLLAPSED)
        return f"knows {own.distinct} different scores" if coarse else None
    if own.spread < PRESSED * best.spread:
        return f"gives scores {best.spread / own.spread:.3g} times narrower than the reference's"
    # What a straight line does not find either, no penalty took away.
    nothing = own.told <= QUARTER * best.told and own.told <= HALF * best.linear
    timid = own.fit.slope > TIMID and own.slope_low > TIMID_LOW
    if timid and (best.harm or (nothing and own.slope_low > EXTREMELY_TIMID)):
        return f"gives scores {own.fit.slope:.3g} times too close to the class shares"
    noise = own.slope_low < 0 and own.majority >= MOSTLY
    if nothing and best.harm and (own.slope_high > 1 or noise):
        return "gives scores that say next to nothing about the label"
    return None


def costs(own: Shortfall, best: Best) -> bool:
    """Whether the model gives away enough of what the reference tells, beyond the noise of the rows."""
    idle = own.told <= IDLE * best.told
    much = HALF
    if own.distinct <= COARSE or own.slope_low > VERY_TIMID:
        much = TWO_THIRDS
    if best.told < WORTH or own.told > much * best.told:
        return False
    return best.lead(own.loss) >= (LEAD_IDLE if idle else LEAD)
