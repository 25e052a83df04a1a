package dev.sluice.configs.internal;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The word that chooses a record among those of its sealed interface, under the key {@code type}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Variant {
    /** Returns the word. */
    String value();

    /** Returns keys of other variants that have no meaning here. */
    String[] lacks() default {};

    /** Returns why, after "because". */
    String because() default "";
}
