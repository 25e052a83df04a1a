#!/bin/sh
# Installs Sluice's artifacts in the local Maven repository, builds this project against them, and runs it.
# More options for Maven: MAVEN_OPTIONS, such as -Dmaven.repo.local=DIR. Arguments go to the program: a model's folder.
set -eu
self=$(CDPATH='' cd "$(dirname "$0")" && pwd -P)
# shellcheck disable=SC2086
mvn -B -q ${MAVEN_OPTIONS:-} -f "$self/../../pom.xml" -Dquick install
# shellcheck disable=SC2086
mvn -B -q ${MAVEN_OPTIONS:-} -f "$self/pom.xml" process-classes
exec java -cp "$self/target/classes:$(cat "$self/target/classpath")" example.Main "$@"
