package dev.sluice.rewards;

/** Why a motion cannot be executed. */
public enum ArmFault {
    /** A frame shows no clear arm. */
    UNCLEAR,
    /** The hand rests. */
    STILL,
    /** The hand touches the arm. */
    COLLISION,
    /** A joint is out of its range. */
    RANGE,
    /** A joint is faster than it can be. */
    VELOCITY,
    /** A joint changes its velocity quicker than it can. */
    ACCELERATION,
    /** A joint changes its acceleration quicker than it can. */
    JERK
}
