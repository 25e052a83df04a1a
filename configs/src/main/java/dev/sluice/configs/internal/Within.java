package dev.sluice.configs.internal;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The range of a number in a run file; NaN and infinities are never in range. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Within {
    /** The least value. */
    double least() default Double.NEGATIVE_INFINITY;

    /** A bound that the value must exceed. */
    double above() default Double.NEGATIVE_INFINITY;

    /** The greatest value. */
    double most() default Double.POSITIVE_INFINITY;

    /** A bound that the value must stay below. */
    double below() default Double.POSITIVE_INFINITY;
}
