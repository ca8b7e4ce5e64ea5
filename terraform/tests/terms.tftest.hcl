# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "a_gstin_of_another_shape_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "27AAPFU0939F1Z", legal_name = "Raptor Example Private Limited", address = ["1 Example Road"], place = "Mumbai", pin = "400001" }
  }
  expect_failures = [var.supplier]
}

run "a_gstin_in_small_letters_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "27aapfu0939f1zv", legal_name = "Raptor Example Private Limited", address = ["1 Example Road"], place = "Mumbai", pin = "400001" }
  }
  expect_failures = [var.supplier]
}

run "the_codes_example_gstin_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "29AAFCC9980M1ZR", legal_name = "Raptor Example Private Limited", address = ["1 Example Road"], place = "Mumbai", pin = "400001" }
  }
  expect_failures = [var.supplier]
}

run "a_pin_code_of_five_digits_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "27AAPFU0939F1ZV", legal_name = "Raptor Example Private Limited", address = ["1 Example Road"], place = "Mumbai", pin = "40001" }
  }
  expect_failures = [var.supplier]
}

run "an_address_of_three_lines_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "27AAPFU0939F1ZV", legal_name = "Raptor Example Private Limited", address = ["1", "2", "3"], place = "Mumbai", pin = "400001" }
  }
  expect_failures = [var.supplier]
}

run "an_address_with_a_bar_in_it_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "27AAPFU0939F1ZV", legal_name = "Raptor Example Private Limited", address = ["1 Example Road|Fort"], place = "Mumbai", pin = "400001" }
  }
  expect_failures = [var.supplier]
}

run "a_seller_without_a_name_is_refused" {
  command = plan
  variables {
    supplier = { gstin = "27AAPFU0939F1ZV", legal_name = " ", address = ["1 Example Road"], place = "Mumbai", pin = "400001" }
  }
  expect_failures = [var.supplier]
}

run "a_user_name_that_phonepe_does_not_take_is_refused" {
  command = plan
  variables {
    phonepe = { client_id = "M1EXAMPLE", webhook_username = "raptor-flow" }
  }
  expect_failures = [var.phonepe]
}

run "an_account_without_an_id_is_refused" {
  command = plan
  variables {
    phonepe = { client_id = "" }
  }
  expect_failures = [var.phonepe]
}

run "a_success_page_without_tls_is_refused" {
  command = plan
  variables {
    billing = { success_url = "http://app.example.in/paid" }
  }
  expect_failures = [var.billing]
}

run "a_trial_of_no_days_is_refused" {
  command = plan
  variables {
    billing = { trial_days = 0 }
  }
  expect_failures = [var.billing]
}

run "a_refund_window_beyond_a_year_is_refused" {
  command = plan
  variables {
    billing = { refund_window_days = 366 }
  }
  expect_failures = [var.billing]
}

run "a_dollar_for_nothing_is_refused" {
  command = plan
  variables {
    billing = { usd_inr = 0 }
  }
  expect_failures = [var.billing]
}

run "a_series_of_four_letters_is_refused" {
  command = plan
  variables {
    billing = { invoice_series = "RAPT" }
  }
  expect_failures = [var.billing]
}

run "one_series_for_both_is_refused" {
  command = plan
  variables {
    billing = { invoice_series = "RF", credit_note_series = "RF" }
  }
  expect_failures = [var.billing]
}

run "a_portal_without_tls_is_refused" {
  command = plan
  variables {
    einvoice = { base_url = "http://einvoice.example.in", client_id = "c", username = "u" }
  }
  expect_failures = [var.einvoice]
}

run "a_gsp_without_tls_is_refused" {
  command = plan
  variables {
    gsp = { base_url = "http://gsp.example.in" }
  }
  expect_failures = [var.gsp]
}

