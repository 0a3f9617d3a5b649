# bash completion for flintctl
_flintctl() {
  local current=${COMP_WORDS[COMP_CWORD]} chain= commands= flags= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    _flintctl_words "$chain"
    [[ " $commands " == *" $word "* ]] && chain="${chain:+$chain }$word"
  done
  _flintctl_words "$chain"
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
_flintctl_words() {
  case $1 in
    '') commands='provision pool containerd content image vm doctor gc version completion'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'provision') commands='all status reset devpool lvm containerd network vmm'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'provision all') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --file --help --namespace --no-color --no-headers --output --pool --quiet --restart --verbose --wait --wipe' ;;
    'provision status') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --file --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'provision reset') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --delete-data --dry-run --help --namespace --no-color --no-headers --output --pool --quiet --verbose --yes' ;;
    'provision devpool') commands=''; flags='--all-namespaces --allocate --config --containerd-address --containerd-namespace --data-size --directory --dry-run --help --low-water-mark --metadata-size --name --namespace --no-color --no-headers --no-unit --output --pool --quiet --verbose' ;;
    'provision lvm') commands=''; flags='--all-namespaces --at-boot --autoextend-percent --autoextend-threshold --config --containerd-address --containerd-namespace --data-size --disk --dry-run --help --lv --metadata-size --namespace --no-color --no-headers --output --pool --quiet --verbose --vg --wait --wipe' ;;
    'provision containerd') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --file --help --namespace --no-color --no-headers --output --pool --quiet --release --restart --sha256 --system --url --verbose --version' ;;
    'provision network') commands=''; flags='--address --all-namespaces --at-boot --bridge --config --containerd-address --containerd-namespace --dhcp --dry-run --help --namespace --no-color --no-headers --no-nat --output --pool --quiet --uplink --verbose' ;;
    'provision vmm') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --file --help --namespace --no-color --no-headers --output --pool --quiet --sha256 --url --verbose --version' ;;
    'pool') commands='status grow check repair'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'pool status') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'pool grow') commands=''; flags='--all-namespaces --allocate --config --containerd-address --containerd-namespace --data-size --help --metadata-size --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'pool check') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --directory --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'pool repair') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --directory --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'containerd') commands='config start stop status ctr env'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'containerd config') commands=''; flags='--all-namespaces --check --config --config-path --config-version --containerd-address --containerd-namespace --debug --dry-run --help --metrics-address --namespace --no-color --no-headers --output --pool --quiet --restart --root --system --verbose --write' ;;
    'containerd start') commands=''; flags='--all-namespaces --config --config-path --containerd-address --containerd-namespace --debug --help --log-file --namespace --no-color --no-headers --output --pool --quiet --timeout --verbose' ;;
    'containerd stop') commands=''; flags='--all-namespaces --config --config-path --containerd-address --containerd-namespace --grace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'containerd status') commands=''; flags='--all-namespaces --config --config-path --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'containerd ctr') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'containerd env') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'content') commands='list'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'content list') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --filter --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'image') commands='pull list inspect check tag remove login logout prune import export build-kernel'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'image pull') commands=''; flags='--all-namespaces --authfile --config --containerd-address --containerd-namespace --creds-stdin --help --hosts-dir --keep-layers --layers --max-layer-files --max-layer-size --namespace --no-color --no-headers --output --overcommit --plain-http --platform --pool --progress --quiet --snapshotter --verbose' ;;
    'image list') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --platform --pool --quiet --snapshotter --verbose' ;;
    'image inspect') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --platform --pool --quiet --snapshotter --verbose' ;;
    'image check') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --platform --pool --quiet --snapshotter --verbose' ;;
    'image tag') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'image remove') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --ignore-not-found --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'image login') commands=''; flags='--all-namespaces --authfile --config --containerd-address --containerd-namespace --help --hosts-dir --namespace --no-color --no-headers --output --password-stdin --plain-http --pool --quiet --username --verbose' ;;
    'image logout') commands=''; flags='--all-namespaces --authfile --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'image prune') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --help --namespace --no-color --no-headers --older-than --output --platform --pool --quiet --verbose' ;;
    'image import') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --keep-layers --layers --max-layer-files --max-layer-size --name --namespace --no-color --no-headers --output --platform --pool --progress --quiet --rootfs --snapshotter --verbose' ;;
    'image export') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --file --help --namespace --no-color --no-headers --output --platform --pool --quiet --verbose' ;;
    'image build-kernel') commands=''; flags='--all-namespaces --busybox --config --containerd-address --containerd-namespace --help --keep-layers --layers --max-layer-files --max-layer-size --modules --name --namespace --no-color --no-headers --output --platform --pool --progress --quiet --snapshotter --verbose' ;;
    'vm') commands='create list get logs stop start delete'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'vm create') commands=''; flags='--all-namespaces --authfile --boot-marker --cmdline --config --containerd-address --containerd-namespace --creds-stdin --dry-run --help --hosts-dir --image --initrd --initrd-file --keep --keep-layers --kernel --kernel-file --label --layers --max-layer-files --max-layer-size --memory --namespace --network --no-color --no-headers --no-start --output --overcommit --plain-http --platform --pool --progress --provider --provider-arg --pull --quiet --snapshotter --timeout --vcpus --verbose --wait' ;;
    'vm list') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'vm get') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'vm logs') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --follow --help --namespace --no-color --no-headers --output --pool --quiet --tail --verbose' ;;
    'vm stop') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --grace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'vm start') commands=''; flags='--all-namespaces --boot-marker --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --overcommit --pool --quiet --timeout --verbose --wait' ;;
    'vm delete') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --ignore-not-found --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'doctor') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --strict --verbose' ;;
    'gc') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'version') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'completion') commands='bash zsh fish'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'completion bash') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'completion zsh') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
    'completion fish') commands=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose' ;;
  esac
}
complete -o filenames -F _flintctl flintctl
