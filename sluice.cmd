@echo off
rem Starts the command line on Windows; builds it first where it has not been built. Delete cli\target\quick to build again.
setlocal
set "HOME_DIR=%~dp0"
set "APP=%HOME_DIR%cli\target\quick"
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
if not exist "%APP%\sluice.jar" (
    echo sluice: building, once; a minute, and more where Maven has to fetch libraries ^(300 MB^) 1>&2
    call mvn -B -q -f "%HOME_DIR%pom.xml" -Dquick package || exit /b 2
)
set "CP=%APP%\sluice.jar"
if defined SLUICE_CLASSPATH set "CP=%CP%;%SLUICE_CLASSPATH%"
set "OPT_OUT_TRACKING=true"
"%JAVA%" -Xshare:auto -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Dai.djl.offline=true "-Dsluice.home=%HOME_DIR:~0,-1%" %SLUICE_JAVA_OPTS% -cp "%CP%" dev.sluice.cli.Main %*
exit /b %ERRORLEVEL%
