# bash completion for flintctl
_flintctl() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local chain= commands= aliases= flags= values= word pair i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    _flintctl_words "$chain"
    for pair in $aliases; do [[ $word == "${pair%%:*}" ]] && word=${pair#*:}; done
    [[ " $commands " == *" $word "* ]] && chain="${chain:+$chain }$word"
  done
  _flintctl_words "$chain"
  # bash makes three words of --flag=value.
  if [[ $current == '=' ]]; then
    current=
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  _flintctl_values "$before"
  if [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
_flintctl_words() {
  case $1 in
    '') commands='provision pool containerd content image vm doctor gc version help completion'; aliases='pools:pool images:image img:image vms:vm'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'provision') commands='all status reset devpool lvm containerd network vmm'; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'provision all') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --file --help --namespace --no-color --no-headers --output --pool --quiet --restart --verbose --version --wait --wipe' ;;
    'provision status') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --file --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'provision reset') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --delete-data --dry-run --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version --yes' ;;
    'provision devpool') commands=''; aliases=''; flags='--all-namespaces --allocate --at-boot --config --containerd-address --containerd-namespace --data-size --directory --dry-run --help --low-water-mark --metadata-size --name --namespace --no-color --no-headers --no-unit --output --pool --quiet --verbose --version' ;;
    'provision lvm') commands=''; aliases=''; flags='--all-namespaces --at-boot --autoextend-percent --autoextend-threshold --config --containerd-address --containerd-namespace --data-size --disk --dry-run --help --lv --metadata-size --namespace --no-color --no-headers --output --pool --quiet --verbose --version --vg --wait --wipe' ;;
    'provision containerd') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --file --help --namespace --no-color --no-headers --output --pool --quiet --release --restart --sha256 --system --url --verbose --version' ;;
    'provision network') commands=''; aliases=''; flags='--address --all-namespaces --at-boot --bridge --config --containerd-address --containerd-namespace --dhcp --dry-run --help --namespace --no-color --no-headers --no-nat --output --pool --quiet --uplink --verbose --version' ;;
    'provision vmm') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --file --help --namespace --no-color --no-headers --output --pool --quiet --sha256 --url --verbose --version' ;;
    'pool') commands='status grow check repair'; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'pool status') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'pool grow') commands=''; aliases=''; flags='--all-namespaces --allocate --config --containerd-address --containerd-namespace --data-size --help --metadata-size --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'pool check') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --directory --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'pool repair') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --directory --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'containerd') commands='config start stop status ctr env'; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'containerd config') commands=''; aliases=''; flags='--all-namespaces --check --config --config-path --config-version --containerd-address --containerd-namespace --debug --dry-run --help --metrics-address --namespace --no-color --no-headers --output --pool --quiet --restart --root --system --verbose --version --write' ;;
    'containerd start') commands=''; aliases=''; flags='--all-namespaces --config --config-path --containerd-address --containerd-namespace --debug --help --log-file --namespace --no-color --no-headers --output --pool --quiet --timeout --verbose --version' ;;
    'containerd stop') commands=''; aliases=''; flags='--all-namespaces --config --config-path --containerd-address --containerd-namespace --grace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'containerd status') commands=''; aliases=''; flags='--all-namespaces --config --config-path --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'containerd ctr') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'containerd env') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'content') commands='list'; aliases='ls:list'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'content list') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --filter --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'image') commands='pull list inspect check tag remove login logout prune import export build-kernel'; aliases='ls:list rm:remove rmi:remove delete:remove'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'image pull') commands=''; aliases=''; flags='--all-namespaces --authfile --config --containerd-address --containerd-namespace --creds-stdin --help --hosts-dir --keep-layers --layers --max-layer-files --max-layer-size --namespace --no-color --no-headers --output --overcommit --plain-http --platform --pool --progress --quiet --snapshotter --verbose --version' ;;
    'image list') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --platform --pool --quiet --snapshotter --verbose --version' ;;
    'image inspect') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --platform --pool --quiet --snapshotter --verbose --version' ;;
    'image check') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --platform --pool --quiet --snapshotter --verbose --version' ;;
    'image tag') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'image remove') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --ignore-not-found --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'image login') commands=''; aliases=''; flags='--all-namespaces --authfile --config --containerd-address --containerd-namespace --help --hosts-dir --namespace --no-color --no-headers --output --password-stdin --plain-http --pool --quiet --username --verbose --version' ;;
    'image logout') commands=''; aliases=''; flags='--all-namespaces --authfile --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'image prune') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --help --namespace --no-color --no-headers --older-than --output --platform --pool --quiet --verbose --version' ;;
    'image import') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --keep-layers --layers --max-layer-files --max-layer-size --name --namespace --no-color --no-headers --output --platform --pool --progress --quiet --rootfs --snapshotter --verbose --version' ;;
    'image export') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --file --help --namespace --no-color --no-headers --output --platform --pool --quiet --verbose --version' ;;
    'image build-kernel') commands=''; aliases=''; flags='--all-namespaces --busybox --config --containerd-address --containerd-namespace --help --keep-layers --layers --max-layer-files --max-layer-size --modules --name --namespace --no-color --no-headers --output --platform --pool --progress --quiet --snapshotter --verbose --version' ;;
    'vm') commands='create list get logs stop start delete'; aliases='ls:list rm:delete'; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'vm create') commands=''; aliases=''; flags='--all-namespaces --authfile --boot-marker --cmdline --config --containerd-address --containerd-namespace --creds-stdin --dry-run --help --hosts-dir --image --initrd --initrd-file --keep --keep-layers --kernel --kernel-file --label --layers --max-layer-files --max-layer-size --memory --namespace --network --no-color --no-headers --no-start --output --overcommit --plain-http --platform --pool --progress --provider --provider-arg --pull --quiet --snapshotter --timeout --vcpus --verbose --version --wait' ;;
    'vm list') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --selector --verbose --version' ;;
    'vm get') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'vm logs') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --follow --help --hypervisor --namespace --no-color --no-headers --output --pool --quiet --tail --verbose --version' ;;
    'vm stop') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --grace --help --namespace --no-color --no-headers --output --pool --quiet --selector --verbose --version' ;;
    'vm start') commands=''; aliases=''; flags='--all-namespaces --boot-marker --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --overcommit --pool --quiet --selector --timeout --verbose --version --wait' ;;
    'vm delete') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --ignore-not-found --namespace --no-color --no-headers --output --pool --quiet --selector --verbose --version' ;;
    'doctor') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --strict --verbose --version' ;;
    'gc') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --dry-run --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'version') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'help') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'completion') commands='bash zsh fish'; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'completion bash') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'completion zsh') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
    'completion fish') commands=''; aliases=''; flags='--all-namespaces --config --containerd-address --containerd-namespace --help --namespace --no-color --no-headers --output --pool --quiet --verbose --version' ;;
  esac
}
_flintctl_values() {
  case $1 in
    --allocate) values='sparse full' ;;
    --layers) values='auto each merged' ;;
    --output) values='table wide json yaml name jsonpath=' ;;
    --progress) values='auto tty plain json none' ;;
    --pull) values='missing always never' ;;
    --wait) values='none running booted' ;;
    -o) values='table wide json yaml name jsonpath=' ;;
  esac
}
complete -o filenames -F _flintctl flintctl
