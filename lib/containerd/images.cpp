// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "containerd/call.hpp"
#include "containerd/names.hpp"
#include "containerd/services/images/v1/images.grpc.pb.h"

namespace flintctl::containerd {

namespace api = ::containerd::services::images::v1;

namespace {

Image to_image(const api::Image& wire) {
  const auto& target = wire.target();
  return {wire.name(),
          to_labels(wire.labels()),
          {target.media_type(), target.digest(), target.size()},
          to_time(wire.created_at()),
          to_time(wire.updated_at())};
}

api::Image from_image(const Image& image) {
  api::Image wire;
  wire.set_name(image.name);
  set_labels(*wire.mutable_labels(), image.labels);
  wire.mutable_target()->set_media_type(image.target.media_type);
  wire.mutable_target()->set_digest(image.target.digest);
  wire.mutable_target()->set_size(image.target.size);
  return wire;
}

}  // namespace

Result<Image> GrpcClient::image_get(const std::string& name) {
  api::GetImageRequest request;
  request.set_name(name);
  const auto response = TRY(unary(session_, &api::Images::Stub::Get, request,
                                  fmt::format("looking for image '{}'", name)));
  return to_image(response.image());
}

Result<std::vector<Image>> GrpcClient::image_list() {
  const auto response = TRY(unary(session_, &api::Images::Stub::List, api::ListImagesRequest(),
                                  "listing containerd's images"));
  std::vector<Image> images;
  for (const auto& image : response.images()) images.push_back(to_image(image));
  return images;
}

Result<> GrpcClient::image_put(const Image& image) {
  TRY(check_labels(image.labels));
  const auto what = fmt::format("recording image '{}'", image.name);
  api::CreateImageRequest create;
  *create.mutable_image() = from_image(image);
  api::UpdateImageRequest update;
  *update.mutable_image() = create.image();
  update.mutable_update_mask()->add_paths("target");
  add_label_paths(*update.mutable_update_mask(), image.labels);

  // Somebody may delete it between "exists" and our update, or create it again: each try must lose
  // one such race to need another.
  constexpr int tries = 5;
  for (int i = 0; i < tries; ++i) {
    const auto created = unary(session_, &api::Images::Stub::Create, create, what);
    if (created) return {};
    if (created.error().code() != Code::already_exists) return created.error();
    const auto updated = unary(session_, &api::Images::Stub::Update, update, what);
    if (updated) return {};
    if (updated.error().code() != Code::not_found) return updated.error();
  }
  return Error(Code::aborted, "the image is created and deleted by others all the time")
      .context(what);
}

Result<> GrpcClient::image_delete(const std::string& name) {
  api::DeleteImageRequest request;
  request.set_name(name);
  request.set_sync(true);
  return command(session_, &api::Images::Stub::Delete, request,
                 fmt::format("deleting image '{}'", name));
}

}  // namespace flintctl::containerd
