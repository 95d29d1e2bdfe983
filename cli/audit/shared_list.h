// SPDX-License-Identifier: Apache-2.0
//
// A list of what never changes and may be in many lists: there it is once.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace cloexec::cli {

template <typename Type>
class SharedList {
 public:
  using Shared = std::shared_ptr<const Type>;

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Type;
    using difference_type = std::ptrdiff_t;
    using pointer = const Type*;
    using reference = const Type&;

    Iterator() = default;
    explicit Iterator(const Shared* at) : at_(at) {}

    reference operator*() const { return **at_; }
    pointer operator->() const { return at_->get(); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;

   private:
    const Shared* at_ = nullptr;
  };

  [[nodiscard]] std::size_t size() const { return elements_.size(); }
  [[nodiscard]] bool empty() const { return elements_.empty(); }
  [[nodiscard]] Iterator begin() const { return Iterator(elements_.data()); }
  [[nodiscard]] Iterator end() const { return Iterator(elements_.data() + elements_.size()); }
  const Type& operator[](std::size_t place) const { return *elements_[place]; }
  [[nodiscard]] const Shared& shared(std::size_t place) const { return elements_[place]; }

  void push_back(Shared element) { elements_.push_back(std::move(element)); }
  void push_back(Type element) { elements_.push_back(std::make_shared<const Type>(std::move(element))); }

  /// Another in the place of one, here alone.
  void replace(std::size_t place, Shared element) { elements_[place] = std::move(element); }
  void replace(std::size_t place, Type element) { replace(place, std::make_shared<const Type>(std::move(element))); }

  /// What has become of elements that were replaced, by what they were, which stays until this goes.
  using Replaced = std::map<Shared, Shared>;

  /// change(element) in the place of each; what lists have in common they have in common still.
  template <typename Change>
  void replace_each(Replaced& replaced, Change change) {
    for (Shared& element : elements_) {
      const auto [place, is_new] = replaced.try_emplace(element);
      if (is_new) place->second = std::make_shared<const Type>(change(*element));
      element = place->second;
    }
  }

 private:
  std::vector<Shared> elements_;
};

}  // namespace cloexec::cli
