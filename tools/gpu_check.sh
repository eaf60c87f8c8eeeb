#!/usr/bin/env bash
# Runs the tests that need a driver on a machine that has a GPU and nothing else: no network, no compiler, no checkout.
# `pack` puts what was built here into one file, `run` runs it there and prints one table in Markdown.
set -u
HERE=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
BUDGET_S=${GPU_CHECK_BUDGET_S:-480} # everything
GROUP_S=${GPU_CHECK_GROUP_S:-120}   # one group of tests
TEST_S=${GPU_CHECK_TEST_S:-30}      # one test

usage() {
  cat <<'TEXT'
usage: tools/gpu_check.sh VERB

  pack [BUILD]   put the programs, the library and the modules of a build folder (build/release) into
                 build/gpu_check.tar.gz
  run [DIR]      on the machine with the GPU: run them from DIR (the folder of this script, when it was unpacked;
                 else build/gpu_check.tar.gz is unpacked) and print one table. Ends with 1 if a test has failed.

Environment: GPU_CHECK_BUDGET_S seconds for everything (480), GPU_CHECK_GROUP_S for one group of tests (120),
GPU_CHECK_TEST_S for one test (30). A driver that VK_DRIVER_FILES or VK_ICD_FILENAMES names is taken; else the GPU's is looked for.
TEXT
}

say() { printf 'gpu_check: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 2
}

# --- pack ------------------------------------------------------------------------------------------------------------

# Programs in the order of the table; those that are not built are left out, and said.
TEST_PROGRAMS="conformance_tests host_tests gl_host_tests pairs_tests feed_tests cpp_tests_20 cpp_recording_tests"
OTHER_PROGRAMS="isthmus mpm88 vulkan_host gl_host feed_party pairs_party"

# What a program needs beside what every machine with a driver has.
needed_libraries() {
  ldd "$@" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
    grep -vE '/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s|vulkan|EGL|GL|GLX|OpenGL|GLdispatch|GLESv2|taichi_c_api)\.so[^/]*)$'
}

pack() {
  local root build stage program
  root=$(cd "$HERE/.." && pwd)
  build=$(cd "${1:-$root/build/release}" 2>/dev/null && pwd) || die "there is no build folder ${1:-build/release}"
  [ -f "$build/lib/libtaichi_c_api.so" ] || die "there is no library in $build; build it first"
  stage=$(mktemp -d) || die "no room for temporary files"
  # shellcheck disable=SC2064  # the folder is known now
  trap "rm -rf '$stage'" EXIT
  mkdir -p "$stage/gpu_check"/{bin,lib,needed}
  cp "$HERE/gpu_check.sh" "$stage/gpu_check/"
  cp -L "$build/lib/libtaichi_c_api.so" "$stage/gpu_check/lib/"
  if [ -f "$build/lib/libisthmus_llvm.so" ] && [ -d "$build/assets/modules_cuda" ]; then
    cp -L "$build/lib/libisthmus_llvm.so" "$stage/gpu_check/lib/"
  else
    say "there are no plugin and modules for CUDA (ctest -R llvm_modules_cuda makes them), so nothing of it will run"
  fi
  for program in $TEST_PROGRAMS $OTHER_PROGRAMS; do
    if [ -x "$build/bin/$program" ]; then
      cp "$build/bin/$program" "$stage/gpu_check/bin/"
    else
      say "$program is not built and stays behind"
    fi
  done
  [ -x "$stage/gpu_check/bin/isthmus" ] || die "isthmus is not built in $build"
  needed_libraries "$stage/gpu_check/bin"/* "$stage/gpu_check/lib"/* | while read -r library; do cp -L "$library" "$stage/gpu_check/needed/"; done
  find "$stage/gpu_check"/{bin,lib,needed} -type f -exec strip --strip-unneeded {} + 2>/dev/null
  mkdir "$stage/gpu_check/assets"
  cp -r "$root/assets/modules" "$stage/gpu_check/assets/"
  [ ! -f "$stage/gpu_check/lib/libisthmus_llvm.so" ] || cp -r "$build/assets/modules_cuda" "$stage/gpu_check/assets/"
  mkdir -p "$stage/gpu_check/lacks"
  cp "$root"/tests/conformance/lacks/*.txt "$stage/gpu_check/lacks/"
  # Where the programs look for their modules and for each other.
  printf '%s\n%s\n' "$root" "$build" >"$stage/gpu_check/paths"
  { git -C "$root" describe --always --dirty 2>/dev/null || echo unknown; } >"$stage/gpu_check/version"
  mkdir -p "$root/build"
  tar -C "$stage" -czf "$root/build/gpu_check.tar.gz" gpu_check || die "the file cannot be written"
  say "build/gpu_check.tar.gz: $(du -h "$root/build/gpu_check.tar.gz" | cut -f1)"
}

# --- run: where it runs ----------------------------------------------------------------------------------------------

# Programs have paths of the checkout and of its build in them. Links stand in for them where they are not there.
LINKS=()
FOLDERS=()
stand_in() { # PATH TARGET
  local folder
  [ -e "$1" ] && return 0
  folder=$(dirname "$1")
  [ -e "$folder" ] || FOLDERS=("$folder" ${FOLDERS[@]+"${FOLDERS[@]}"})
  if mkdir -p "$folder" 2>/dev/null && ln -s "$2" "$1" 2>/dev/null; then
    LINKS+=("$1")
  else
    say "no link can be made at $1, so tests that look for files there fail"
  fi
}
# shellcheck disable=SC2317  # called by the trap
remove_links() {
  local link
  for link in ${LINKS[@]+"${LINKS[@]}"}; do rm -f "$link"; done
  for link in ${FOLDERS[@]+"${FOLDERS[@]}"}; do rmdir "$link" 2>/dev/null; done
}

# Devices that one manifest gives, as the lines of JSON that isthmus prints.
devices_of() { env -u VK_DRIVER_FILES VK_ICD_FILENAMES="$1" timeout 30 "$DIR/bin/isthmus" doctor --look vulkan 2>/dev/null; }

manifests() {
  local folder
  for folder in /usr/local/nvidia/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/share/vulkan/icd.d /usr/share/vulkan/icd.d; do
    find "$folder" -maxdepth 1 -name '*.json' 2>/dev/null
  done
}

# Chooses the driver: the user's, else the first one with a real device (NVIDIA's before others), else a software one.
SOFTWARE=no
choose_driver() {
  local manifest software=
  if [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then
    [ -n "${VK_ICD_FILENAMES:-}" ] || export VK_ICD_FILENAMES="$VK_DRIVER_FILES"
    devices_of "$VK_ICD_FILENAMES" | grep -q '"cpu":false' || SOFTWARE=yes
    return
  fi
  while read -r manifest; do
    case $(devices_of "$manifest") in
      *'"cpu":false'*)
        export VK_ICD_FILENAMES="$manifest"
        choose_egl
        return
        ;;
      *'"cpu":true'*) software=${software:-$manifest} ;;
    esac
  done < <(manifests | awk '{ print ($0 ~ /nvidia/ ? 0 : 1), $0 }' | sort -s -k1,1 | cut -d' ' -f2-)
  [ -n "$software" ] || die "there is no Vulkan driver here"
  export VK_ICD_FILENAMES="$software"
  SOFTWARE=yes
}

# With NVIDIA's Vulkan goes NVIDIA's EGL, so that no software driver is taken for it.
choose_egl() {
  local file
  case $VK_ICD_FILENAMES in *nvidia*) ;; *) return ;; esac
  for file in /usr/local/nvidia/share/glvnd/egl_vendor.d/10_nvidia.json /etc/glvnd/egl_vendor.d/10_nvidia.json \
    /usr/share/glvnd/egl_vendor.d/10_nvidia.json; do
    if [ -f "$file" ]; then
      export __EGL_VENDOR_LIBRARY_FILENAMES="${__EGL_VENDOR_LIBRARY_FILENAMES:-$file}"
      return
    fi
  done
}

# --- run: the tests --------------------------------------------------------------------------------------------------

seconds_left() {
  local left=$((BUDGET_S - (SECONDS - STARTED)))
  [ "$left" -lt "$GROUP_S" ] || left=$GROUP_S
  echo "$left"
}

# A cell of a table: one line, no bars, not too long.
cell() { tr '\n|' ' /' | tr -s ' ' | cut -c1-200; }

row() { # GROUP PASSED FAILED REFUSED SECONDS MESSAGE
  printf '| %s | %s | %s | %s | %s | %s |\n' "$1" "$2" "$3" "$4" "$5" "$(printf '%s' "$6" | cell)"
  FAILED_ALL=$((FAILED_ALL + $3))
}

names_in() { sed -n -E "s/^\[ *$1 *\] ([^ ,]+).*/\1/p" "$2"; }

# The first failure's test and words.
first_failure() {
  awk '
    /^\[ RUN / { test = $4; text = ""; in_failure = 0 }
    /: Failure$/ { in_failure = 1; next }
    in_failure && /^\[/ { exit }
    in_failure { text = text " " $0 }
    END { if (text != "") print test ":" text }' "$1"
}

# Runs a command with its output in a file; 124 when its time is up, or when nothing has come for as long as a test may take.
watched() { # SECONDS FILE COMMAND
  local limit=$1 out=$2 pid rc size=-1 now since=$SECONDS
  shift 2
  timeout -k 5 "$limit" "$@" >"$out" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    now=$(stat -c %s "$out")
    [ "$now" = "$size" ] || since=$SECONDS
    size=$now
    if [ $((SECONDS - since)) -ge "$TEST_S" ]; then
      kill "$pid" 2>/dev/null
      wait "$pid" 2>/dev/null
      return 124
    fi
  done
  wait "$pid" 2>/dev/null
  rc=$?
  return "$rc"
}

# One program of GoogleTest. When a test kills it, the others go on behind.
run_tests() { # GROUP PROGRAM [ARGS]
  local log part list start=$SECONDS died=() skip filter rc ran message left
  log="$LOGS/$(printf '%s' "$1" | tr -c 'a-zA-Z0-9' _).log" part=${log%.log}.part list=${log%.log}.list
  if [ ! -x "$DIR/bin/$2" ]; then
    row "$1" 0 0 0 0 "not built"
    return
  fi
  : >"$log"
  filter=
  while :; do
    left=$((GROUP_S - (SECONDS - start)))
    [ "$(seconds_left)" -ge "$left" ] || left=$(seconds_left)
    if [ "$left" -le 0 ]; then
      died+=("no time was left")
      break
    fi
    # Options of its own stay as the program has them: a filter of all but what has run.
    watched "$left" "$part" "$DIR/bin/$2" "${@:3}" ${filter:+"--gtest_filter=-$filter"}
    rc=$?
    cat "$part" >>"$log"
    grep -q '^\[==========\] .* ran\.' "$part" && break
    ran=$(names_in 'RUN' "$part" | tail -1)
    if [ -z "$ran" ]; then
      died+=("it does not start (exit code $rc): $(tail -1 "$part")")
      break
    fi
    if [ "$rc" -ge 128 ] && [ "$rc" -ne 137 ]; then
      died+=("$ran died of SIG$(kill -l $((rc - 128)))")
    elif [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
      died+=("$ran was running when time was up")
    else
      died+=("$ran ended the program with $rc")
    fi
    [ "${#died[@]}" -lt 10 ] || break
    names_in 'RUN' "$log" | sort -u >"$list"
    skip=$(tr '\n' ':' <"$list")
    filter=${skip%:}
  done
  message=$(first_failure "$log")
  row "$1" "$(names_in 'OK' "$log" | sort -u | wc -l)" \
    "$(($(count_failed "$log") + ${#died[@]}))" \
    "$(names_in 'SKIPPED' "$log" | grep -F . | sort -u | wc -l)" "$((SECONDS - start))" \
    "${died[*]+${died[0]}}${died[*]+${message:+; }}$message"
}

# Names of failed tests appear twice, the second time in the summary.
count_failed() { names_in 'FAILED' "$1" | grep -F . | sort -u | wc -l; }

no_cuda() { timeout 30 "$DIR/bin/isthmus" doctor --look archs 2>/dev/null | grep -q '"devices":\[\],"name":"cuda"'; }

# One headless run of a demo, or any other command: right when it ends with 0.
run_program() { # GROUP PROGRAM ARGS
  local group=$1 program=$2 start=$SECONDS rc log left
  shift 2
  log="$LOGS/$(printf '%s' "$group" | tr -c 'a-z0-9' _).log"
  if [ ! -x "$DIR/bin/$program" ]; then
    row "$group" 0 0 0 0 "not built"
    return
  fi
  left=$(seconds_left)
  [ "$left" -gt 0 ] || left=1
  (cd "$LOGS" && timeout -k 5 "$left" "$DIR/bin/$program" "$@") >"$log" 2>&1
  rc=$?
  if [ "$rc" = 0 ]; then
    row "$group" 1 0 0 "$((SECONDS - start))" ""
  else
    row "$group" 0 1 0 "$((SECONDS - start))" "exit code $rc: $(tail -1 "$log")"
  fi
}

describe_machine() {
  printf '| | |\n|---|---|\n'
  printf '| date | %s |\n' "$(date -u +%Y-%m-%d)"
  printf '| version | %s |\n' "$(cat "$DIR/version" 2>/dev/null || echo unknown)"
  printf '| system | %s, %s |\n' "$(uname -srm)" "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null)"
  printf '| processor | %s x %s |\n' "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
  if command -v nvidia-smi >/dev/null; then
    printf '| GPU by nvidia-smi | %s |\n' \
      "$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>&1 | head -4 | cell)"
  fi
  printf '| Vulkan driver | %s |\n' "$VK_ICD_FILENAMES"
  [ "$SOFTWARE" = no ] || printf '| note | **software drivers: no GPU was used** |\n'
}

run() {
  local given=${1:-} arch
  DIR=$HERE
  if [ -n "$given" ]; then
    DIR=$(cd "$given" && pwd) || exit 2
  elif [ ! -d "$DIR/bin" ]; then
    [ -f "$HERE/../build/gpu_check.tar.gz" ] || die "there is no build/gpu_check.tar.gz; make it with: tools/gpu_check.sh pack"
    UNPACKED=$(mktemp -d) || exit 2
    tar -C "$UNPACKED" -xzf "$HERE/../build/gpu_check.tar.gz" || exit 2
    DIR=$UNPACKED/gpu_check
  fi
  [ -x "$DIR/bin/isthmus" ] || die "there are no programs in $DIR"
  arch=$(uname -m)
  [ "$arch" = x86_64 ] || say "this machine is $arch; the programs may not run"
  LOGS=${GPU_CHECK_LOGS:-$(mktemp -d)}
  mkdir -p "$LOGS"
  trap 'remove_links; rm -rf "${UNPACKED:-}"' EXIT
  { read -r root && read -r build; } <"$DIR/paths" || die "$DIR/paths is not right"
  stand_in "$root/assets" "$DIR/assets"
  stand_in "$build/bin" "$DIR/bin"
  stand_in "$root/tests/conformance/lacks" "$DIR/lacks"
  export LD_LIBRARY_PATH="$DIR/lib:$DIR/needed${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export IST_PIPELINE_CACHE=off
  XDG_RUNTIME_DIR=$(mktemp -d) && export XDG_RUNTIME_DIR
  unset DISPLAY WAYLAND_DISPLAY
  STARTED=$SECONDS
  FAILED_ALL=0
  choose_driver
  describe_machine
  printf '\n| group | passed | failed | refused | seconds | first failure |\n|---|---|---|---|---|---|\n'
  run_program doctor isthmus doctor --frames 30
  run_tests conformance conformance_tests
  if [ ! -d "$DIR/assets/modules_cuda" ] || no_cuda; then
    row CUDA 0 0 0 0 'not run: no plugin and modules for it in the package, or no driver of NVIDIA here'
  else
    run_tests CUDA conformance_tests --driver=cuda "--modules=$DIR/assets/modules_cuda"
  fi
  run_tests host host_tests
  run_tests gl_host gl_host_tests
  run_tests pairs pairs_tests
  run_tests feed feed_tests
  run_tests 'C++ owners' cpp_tests_20
  run_tests 'C++ recordings' cpp_recording_tests
  run_program 'demo mpm88' mpm88 --frames 60 --out mpm88.png
  run_program 'demo vulkan_host' vulkan_host --headless --frames 60 --out vulkan_host.png
  run_program 'demo gl_host' gl_host --headless --frames 60 --out gl_host.png
  printf '\n```\n'
  grep -v '^  LD_LIBRARY_PATH=' "$LOGS/doctor.log" # set by this script
  printf '```\n'
  say "logs and pictures are in $LOGS; $((SECONDS - STARTED)) s"
  rm -rf "$XDG_RUNTIME_DIR"
  [ "$FAILED_ALL" = 0 ]
}

main() {
  case ${1:-} in
    pack)
      shift
      pack "$@"
      ;;
    run)
      shift
      run "$@"
      ;;
    help | -h | --help) usage ;;
    *)
      usage >&2
      return 2
      ;;
  esac
}

# One line, so that the script may be replaced while it runs.
main "$@"; exit
